"""The stable access token: asking twice gives the same one, so several systems may share an account.

POST /cgi-bin/stable_token, never with force_refresh: that kills everybody else's token.
Source: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from platforms.base import Access, Token
from platforms.bodies import Malformed, read_json
from platforms.errors import NotTaken
from platforms.http import call
from platforms.wechat.errcodes import errcode_of, token_error_of

JSON_HEADERS = {"content-type": "application/json; charset=utf-8"}


def fetch_token(access: Access) -> Token:
    """A token and for how long it is good. NotTaken to try again, AccountMisconfigured for an admin."""
    reply = call(
        access.http,
        "POST",
        access.api_base.rstrip("/") + "/cgi-bin/stable_token",
        repeatable=True,
        content=_request(access),
        headers=JSON_HEADERS,
    )
    try:
        answer = read_json(reply.body)
    except Malformed as error:
        raise NotTaken("the token's answer cannot be read") from error
    return _token(answer)


def _request(access: Access) -> bytes:
    wanted = {
        "grant_type": "client_credential",
        "appid": access.secrets.get("app_id", ""),
        "secret": access.secrets.get("app_secret", ""),
        "force_refresh": False,
    }
    return json.dumps(wanted).encode()


def _token(answer: Mapping[str, Any]) -> Token:
    code = errcode_of(answer)
    if code:
        raise token_error_of(code, answer)
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not value or type(seconds) is not int or not 0 < seconds <= 86_400:
        raise NotTaken("the token's answer holds no token")
    return Token(value, timedelta(seconds=seconds))
