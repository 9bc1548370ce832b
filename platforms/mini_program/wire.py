"""What a mini-program pushes, as events; what we say, as the body of `custom/send`. Pure.

Sources: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/receive.html
https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/send.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from platforms.bodies import Malformed, read_body
from platforms.content import Content, Image, MediaRef, MiniProgramCard, Text, Unknown
from platforms.errors import PayloadError
from platforms.events import (
    ENTRY_CHARACTERS,
    ID_CHARACTERS,
    KEY_CHARACTERS,
    Entry,
    Event,
    Ignored,
    MessageReceived,
    SessionEntered,
)
from platforms.timestamps import from_seconds

Payload = Mapping[str, Any]

# Control characters say nothing, and JSON writes them as \u escapes, which 40033 refuses.
UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def events_in(opened: bytes) -> list[Event]:
    """The one event in an opened push, JSON or XML. PayloadError."""
    try:
        payload = read_body(opened)
    except Malformed as error:
        raise PayloadError(str(error)) from error
    if "Encrypt" in payload and "MsgType" not in payload:
        raise PayloadError("the body is encrypted, but the account's push_mode is plain")
    return [_event(payload) if payload.get("MsgType") == "event" else _message(payload)]


def outgoing(content: Content, *, to: str, media_id: str = "") -> dict[str, Any]:
    """The body of `custom/send`; `media_id` is that of an uploaded image. ValueError for other content."""
    if isinstance(content, Text):
        return {"touser": to, "msgtype": "text", "text": {"content": speakable(content.text)}}
    if isinstance(content, Image):
        return {"touser": to, "msgtype": "image", "image": {"media_id": media_id}}
    raise ValueError(f"mini_program takes no {content.type}")


def speakable(text: str) -> str:
    """`text` without control characters, tabs and line ends aside."""
    return UNSPEAKABLE.sub("", text.replace("\r\n", "\n"))


def _message(payload: Payload) -> Event:
    identifier = _identifier(payload, "MsgId")
    return MessageReceived(
        key=f"m:{identifier}",
        recipient=_optional(payload, "ToUserName"),
        raw=payload,
        id=identifier,
        customer=_identifier(payload, "FromUserName"),
        content=_content(payload),
        sent_at=from_seconds(payload.get("CreateTime")),
    )


def _event(payload: Payload) -> Event:
    name = _required(payload, "Event")
    convert = EVENTS.get(name, _ignored)
    return convert(payload, name)


def _entered(payload: Payload, name: str) -> Event:
    came_from = _optional(payload, "SessionFrom")[:ENTRY_CHARACTERS]
    return SessionEntered(
        key=_event_key(payload, name),
        recipient=_optional(payload, "ToUserName"),
        raw=payload,
        customer=_identifier(payload, "FromUserName"),
        entered_at=from_seconds(payload.get("CreateTime")),
        entry=Entry(kind="session_from", value=came_from) if came_from else Entry(),
    )


def _ignored(payload: Payload, name: str) -> Event:
    return Ignored(key=_event_key(payload, name), recipient=_optional(payload, "ToUserName"), raw=payload, kind=name)


def _event_key(payload: Payload, name: str) -> str:
    customer, created = _optional(payload, "FromUserName"), _optional(payload, "CreateTime").strip()
    return f"e:{customer}:{created}:{name}"[:KEY_CHARACTERS]


def _content(payload: Payload) -> Content:
    kind = _optional(payload, "MsgType")
    try:
        return CONTENTS.get(kind, _unknown)(payload)
    except PayloadError:
        return _unknown(payload)


def _text(payload: Payload) -> Content:
    return Text(text=_required(payload, "Content"))


def _image(payload: Payload) -> Content:
    media = MediaRef(id=_optional(payload, "MediaId"), url=_optional(payload, "PicUrl"))
    if not media.id and not media.url:
        raise PayloadError("an image without MediaId and PicUrl")
    return Image(media=media)


def _card(payload: Payload) -> Content:
    thumbnail = MediaRef(id=_optional(payload, "ThumbMediaId"), url=_optional(payload, "ThumbUrl"))
    return MiniProgramCard(
        title=_optional(payload, "Title"),
        app_id=_required(payload, "AppId"),
        path=_optional(payload, "PagePath"),
        media=thumbnail if thumbnail.id or thumbnail.url else None,
    )


def _unknown(payload: Payload) -> Content:
    return Unknown(kind=_optional(payload, "MsgType"), raw=payload)


def _identifier(payload: Payload, name: str) -> str:
    found = _required(payload, name).strip()
    if not found or len(found) > ID_CHARACTERS:
        raise PayloadError(f"{name} is empty or too long")
    return found


def _required(payload: Payload, name: str) -> str:
    found = _optional(payload, name)
    if not found:
        raise PayloadError(f"no {name}")
    return found


def _optional(payload: Payload, name: str) -> str:
    """Text, or a whole number's digits: 64-bit ids come as numbers in JSON and as text in XML."""
    found = payload.get(name, "")
    if isinstance(found, str):
        return found
    return str(found) if type(found) is int else ""


CONTENTS: Mapping[str, Callable[[Payload], Content]] = {
    "text": _text,
    "image": _image,
    "miniprogrampage": _card,
}

EVENTS: Mapping[str, Callable[[Payload, str], Event]] = {
    "user_enter_tempsession": _entered,
}
