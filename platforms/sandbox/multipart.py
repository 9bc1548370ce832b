"""multipart/form-data, as browsers and httpx write it (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form, whether a file or not."""

    name: str
    mime: str
    body: bytes = field(repr=False)


def parse(body: bytes, content_type: str) -> dict[str, Part]:
    """The fields by name, {} for what is no form."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary("")
    if not boundary or header.get_content_type() != "multipart/form-data":
        return {}
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"))
    parts = [_part(piece) for piece in pieces[1:] if not piece.startswith(b"--")]
    return {part.name: part for part in parts}


def _part(piece: bytes) -> Part:
    head, _, body = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = BytesHeaderParser().parsebytes(head)
    name = headers.get_param("name", "", header="content-disposition")
    return Part(str(name), headers.get_content_type(), body)
