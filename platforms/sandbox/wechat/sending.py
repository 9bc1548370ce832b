"""What a body of custom/send must be: the checks the platform makes before it looks at window and quota."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from platforms.sandbox.wechat.answers import WeChatError

# An escape counts only after an even number of backslashes: "\\u4f60" is a backslash and letters.
ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
TEXT_BYTES = 2048  # a documented figure for this call was not found; WeChat Kefu's is taken

Content = dict[str, Any]
MediaExists = Callable[[str], bool]


def body(raw: bytes) -> dict[str, Any]:
    """The body as an object; WeChatError 44002, 40033 or 47001."""
    if not raw.strip():
        raise WeChatError(44002)
    if ESCAPED.search(raw):
        raise WeChatError(40033)
    try:
        found = json.loads(raw.decode())
    except ValueError as error:
        raise WeChatError(47001) from error
    if not isinstance(found, dict):
        raise WeChatError(47001)
    return found


def content(data: Mapping[str, Any], media_exists: MediaExists) -> tuple[str, Content]:
    """The message's type and content; WeChatError 40007, 40008, 44004, 45002, 40097."""
    kind = data.get("msgtype")
    if not isinstance(kind, str) or kind not in FIELDS:
        raise WeChatError(40008)
    given = data.get(kind)
    if not isinstance(given, dict):
        raise WeChatError(44004)
    found = {name: _text(given, name) for name in FIELDS[kind]}
    _check(kind, found, media_exists)
    return kind, found


FIELDS: Mapping[str, tuple[str, ...]] = {
    "text": ("content",),
    "image": ("media_id",),
    "link": ("title", "description", "url", "thumb_url"),
    "miniprogrampage": ("title", "pagepath", "thumb_media_id"),
}
NEEDED = {"text": "content", "link": "url", "miniprogrampage": "pagepath"}
MEDIA = {"image": "media_id", "miniprogrampage": "thumb_media_id"}


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise WeChatError(40097)
    return value


def _check(kind: str, found: Content, media_exists: MediaExists) -> None:
    if kind in NEEDED and not found[NEEDED[kind]].strip():
        raise WeChatError(44004)
    if kind == "text" and len(found["content"].encode("utf-8", "surrogatepass")) > TEXT_BYTES:
        raise WeChatError(45002)
    if kind in MEDIA and not media_exists(found[MEDIA[kind]]):
        raise WeChatError(40007)
