"""What can be said, on any platform: one dataclass per type, and the way to JSON and back.

`type` names are the `type` of a message in the database and in the API.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """Where the platform keeps a file: its id, its temporary address, or both."""

    id: str = ""
    url: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file in our hands, on its way out."""

    name: str
    mime: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One thing said. `media` is set where a file belongs to it (inbound: where to fetch it)."""

    type: ClassVar[str]
    media: MediaRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Content):
    type = "text"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Content):
    """`file` is set on the way out."""

    type = "image"
    file: MediaFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(Content):
    type = "voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Video(Content):
    type = "video"


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Content):
    type = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniProgramCard(Content):
    """A page of a mini-program; `media` is its thumbnail."""

    type = "mini_program_card"
    title: str
    app_id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Content):
    type = "link"
    title: str
    url: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location(Content):
    """Degrees, WGS-84 or the platform's own datum, as strings: they are shown, not calculated with."""

    type = "location"
    title: str
    address: str = ""
    latitude: str = ""
    longitude: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCard(Content):
    """`price_fen` is in fen."""

    type = "product_card"
    product_id: str
    title: str = ""
    price_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard(Content):
    type = "order_card"
    order_id: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Content):
    """A type we do not know yet: shown as a placeholder, kept raw, never dropped."""

    type = "unknown"
    kind: str
    raw: Mapping[str, Any]


TYPES: Mapping[str, type[Content]] = {
    cls.type: cls
    for cls in (
        Text, Image, Voice, Video, File, MiniProgramCard, Link, Location, ProductCard, OrderCard, Unknown
    )
}  # fmt: skip


def as_json(content: Content) -> dict[str, Any]:
    """`content` as JSON with its `type`; fields at their default are left out, and so is a file's body."""
    data: dict[str, Any] = {"type": content.type}
    for each in dataclasses.fields(content):
        value = getattr(content, each.name)
        if value == each.default or isinstance(value, MediaFile):
            continue
        data[each.name] = _plain(value)
    return data


def from_json(data: Mapping[str, Any]) -> Content:
    """The reverse of `as_json`; ValueError or TypeError for what it did not write."""
    fields = {name: value for name, value in data.items() if name != "type"}
    if isinstance(fields.get("media"), Mapping):
        fields["media"] = MediaRef(**fields["media"])
    if data["type"] not in TYPES:
        raise ValueError(f"no content type {data['type']!r}")
    return TYPES[data["type"]](**fields)


def _plain(value: Any) -> Any:
    if isinstance(value, MediaRef):
        return {name: part for name, part in dataclasses.asdict(value).items() if part}
    return dict(value) if isinstance(value, Mapping) else value
