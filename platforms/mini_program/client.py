"""The calls of mini-program customer service. Errors as in platforms.wechat.api.

Sources: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_sendcustommessage.md
and the customerTyping, uploadTempMedia and getTempMedia pages beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platforms.base import Access
from platforms.content import MediaFile
from platforms.errors import NotTaken
from platforms.http import Reply
from platforms.wechat import api


def send(access: Access, message: Mapping[str, Any]) -> None:
    """POST custom/send: `message` as `wire.outgoing` makes it. The answer names no message id."""
    api.post(access, "/cgi-bin/message/custom/send", message)


def show_typing(access: Access, *, to: str, on: bool) -> None:
    """POST custom/typing."""
    payload = {"touser": to, "command": "Typing" if on else "CancelTyping"}
    api.post(access, "/cgi-bin/message/custom/typing", payload, repeatable=True)


def upload_image(access: Access, file: MediaFile) -> str:
    """POST media/upload, images only; the media id, good for 3 days."""
    answer = api.upload(
        access,
        "/cgi-bin/media/upload",
        params={"type": "image"},
        files={"media": (file.name, file.body, file.mime)},
    )
    media_id = answer.get("media_id")
    if not isinstance(media_id, str) or not media_id:
        raise NotTaken("the upload's answer has no media_id")
    return media_id


def get_media(access: Access, media_id: str, *, limit_bytes: int) -> Reply:
    """GET media/get: a customer's file, kept by the platform for 3 days. MediaError, MediaUnavailable."""
    return api.get_file(access, "/cgi-bin/media/get", params={"media_id": media_id}, limit_bytes=limit_bytes)
