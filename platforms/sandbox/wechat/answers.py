"""WeChat's answers: errcode, errmsg and, on errors, the request's rid."""

from __future__ import annotations

import secrets

from platforms.sandbox.clock import SECOND
from platforms.sandbox.web import Response, answer

# The official English wording; facts/wechat.md A.12 has the sources.
TEXTS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40097: "invalid args",
    40125: "invalid appsecret",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "command error",
    45080: "no message exchanged with the user lately",
    45081: "typing already",
    47001: "data format error",
}


class WeChatError(Exception):
    """A call is answered with this `errcode`."""

    def __init__(self, errcode: int) -> None:
        super().__init__(TEXTS[errcode])
        self.errcode = errcode


def refusal(errcode: int, at_ms: int) -> Response:
    """What a refused call hears: HTTP 200, as the platform does it."""
    rid = f"{at_ms // SECOND:08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return answer({"errcode": errcode, "errmsg": f"{TEXTS[errcode]} rid: {rid}"})


def ok() -> Response:
    """What a call hears that has nothing else to tell."""
    return answer({"errcode": 0, "errmsg": "ok"})
