"""The contract of a platform: authenticate and open what it pushes, parse it into events, send content.

An adapter is stateless and shared by all threads. It knows protocols only: whatever it needs of an account
comes in as `Access`, and the time comes in with the hook.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Protocol

import httpx

from platforms.content import Content, MediaFile, MediaRef
from platforms.errors import ContentRefused, MediaUnavailable
from platforms.events import Event
from platforms.limits import GrantKind


class Feature(StrEnum):
    """What a platform can do; what is missing, the composer does not offer."""

    TEXT = "text"
    IMAGE = "image"
    MINI_PROGRAM_CARD = "mini_program_card"
    TYPING = "typing"
    KNOCKS = "knocks"  # pushes say only that there is something to fetch
    IDEMPOTENT = "idempotent"  # a repeated attempt key is taken once: an unknown fate may be retried with it


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and for how long it is good from now."""

    value: str = field(repr=False)
    lasts: timedelta


class TokenStore(Protocol):
    """One account's access token, shared by all processes."""

    def get(self, fetch: Callable[[], Token], *, stale: str = "") -> str:
        """The token. One process at a time calls `fetch`: there is none, it ends soon, or it is `stale`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What an adapter is given of one account."""

    key: str
    secrets: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str]
    tokens: TokenStore = field(repr=False)
    http: httpx.Client = field(repr=False)
    api_base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One request to our webhook. Header names are lower case; `path` is what follows the account's key.

    `opened` is the plain body: b"" until `Platform.open` gave it.
    """

    method: str = "POST"
    path: str = ""
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    opened: bytes = b""
    received_at: datetime

    def with_opened(self, opened: bytes) -> Hook:
        """The same request with its plain body."""
        return replace(self, opened=opened)


@dataclass(frozen=True, slots=True)
class Answer:
    """What our webhook answers a platform."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is on its platform: siblings share `app`, `address` is its own ("" if not known)."""

    app: str
    address: str


@dataclass(frozen=True, slots=True)
class Page:
    """What `fetch` brought: events, the cursor after them, whether there is more (even without `events`)."""

    events: Sequence[Event]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendContext:
    """To whom, on the strength of which grant, and under which key of one human decision."""

    access: Access
    to: str
    grant: GrantKind
    grant_context: str = ""
    attempt_key: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform took a message; `id` is its own, "" where it gives none."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A secret or setting an account of this platform has; `choices` empty means free text."""

    name: str
    required: bool = True
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the secret or setting `name`; `code` is required, unknown, choice or format."""

    name: str
    code: str
    text: str


class Platform(ABC):
    """One platform. `kind` is its name in the database, in URLs and in the API."""

    kind: ClassVar[str]
    features: ClassVar[frozenset[Feature]] = frozenset()
    secrets: ClassVar[tuple[Field, ...]] = ()
    settings: ClassVar[tuple[Field, ...]] = ()
    default_api_base: ClassVar[str]
    api_base_variable: ClassVar[str]  # the environment's name for another default
    paths: ClassVar[frozenset[str]] = frozenset({""})  # what may follow the account's key in our webhook's address
    media_hosts: ClassVar[frozenset[str]] = frozenset()  # hosts the platform publishes for files

    @abstractmethod
    def identity(self, secrets: Mapping[str, str]) -> Identity:
        """Who an account with these secrets is."""

    def challenge(self, hook: Hook, access: Access) -> Answer | None:
        """The answer to a URL handshake; None if `hook` is none. SignatureError."""
        return None

    @abstractmethod
    def open(self, hook: Hook, access: Access) -> bytes:
        """The plain body of an authentic request. SignatureError, EnvelopeError."""

    @abstractmethod
    def acknowledge(self, hook: Hook) -> Answer:
        """What the platform wants to hear once its push is safe with us."""

    @abstractmethod
    def parse(self, hook: Hook) -> list[Event]:
        """The events in an opened hook. PayloadError."""

    def fetch(self, cursor: str, *, knock: str, access: Access) -> Page:
        """What is new since `cursor` ("": from the beginning), where pushes only knock. SendError's tree."""
        raise NotImplementedError(f"{self.kind} does not knock")

    def problems(self, secrets: Mapping[str, str], settings: Mapping[str, str]) -> list[Problem]:
        """What an administrator must correct before an account with these can work; [] if nothing.

        Settings that are not the platform's own are not looked at.
        """
        known = {each.name for each in self.secrets}
        wrong = [Problem(name, "unknown", "there is no such secret") for name in sorted(secrets.keys() - known)]
        for wanted in self.secrets:
            wrong += _problems_of(wanted, secrets.get(wanted.name, ""))
        for wanted in self.settings:
            wrong += _problems_of(wanted, settings.get(wanted.name, "") or wanted.default)
        return wrong

    def setting(self, settings: Mapping[str, str], name: str) -> str:
        """The account's setting `name`, or its default."""
        defaults = {each.name: each.default for each in self.settings}
        return settings.get(name, "") or defaults[name]

    def check(self, content: Content, *, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """Pass `content` that the platform takes from an account with `settings`; else ContentRefused."""
        if content.type not in self.features:
            raise ContentRefused(f"{self.kind} takes no {content.type}", platform_code="type")

    @abstractmethod
    def send(self, content: Content, *, context: SendContext) -> Receipt:
        """Hand one message over. NotTaken, FateUnknown or Refused."""

    def typing(self, to: str, *, on: bool, access: Access) -> None:
        """Show or hide "typing" at the customer's, where the platform can; raises as `send`."""
        raise NotImplementedError(f"{self.kind} shows no typing")

    def download(self, media: MediaRef, *, limit_bytes: int, access: Access) -> MediaFile:
        """Fetch a customer's file. MediaError to try again, MediaUnavailable when that is of no use."""
        raise MediaUnavailable(f"{self.kind} has no files")


def _problems_of(wanted: Field, value: str) -> list[Problem]:
    if not value:
        return [Problem(wanted.name, "required", "it is missing")] if wanted.required else []
    if wanted.choices and value not in wanted.choices:
        return [Problem(wanted.name, "choice", f"it is one of {', '.join(wanted.choices)}")]
    return []
