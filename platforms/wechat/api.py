"""Calls that carry an access token. A stale token is replaced once, and the call repeated once, never more.

That repetition is safe for a message: the platform looked at the token and took nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from platforms.base import Access
from platforms.bodies import Malformed, read_json
from platforms.errors import ContentRefused, MediaError, MediaUnavailable, SendError
from platforms.http import Reply, call, download, lost
from platforms.wechat.errcodes import OK, STALE_TOKEN, errcode_of, error_of
from platforms.wechat.tokens import JSON_HEADERS, fetch_token

Once = Callable[[str], Reply]


def post(access: Access, path: str, payload: Mapping[str, Any], *, repeatable: bool = False) -> dict[str, Any]:
    """POST `payload` as UTF-8 JSON without \\u escapes (40033); the answer. SendError's tree."""
    content = json.dumps(payload, ensure_ascii=False).encode()
    once = _calling(access, "POST", path, repeatable=repeatable, content=content, headers=JSON_HEADERS)
    answer = _readable(with_token(access, once), repeatable=repeatable)
    code = errcode_of(answer)
    if code is None:
        raise lost("the answer has no errcode", repeatable=repeatable)
    _raise_for(code, answer, access, repeatable=repeatable)
    return answer


def upload(
    access: Access, path: str, *, params: Mapping[str, str], files: Mapping[str, tuple[str, bytes, str]]
) -> dict[str, Any]:
    """POST `files` (name: file name, bytes, mime) as a form; the answer. Repeatable. SendError's tree."""
    once = _calling(access, "POST", path, repeatable=True, params=params, files=files)
    answer = _readable(with_token(access, once), repeatable=True)
    _raise_for(errcode_of(answer) or OK, answer, access, repeatable=True)
    return answer


def get_file(access: Access, path: str, *, params: Mapping[str, str], limit_bytes: int) -> Reply:
    """GET a file; what comes instead of it as JSON is an error. MediaError, MediaUnavailable."""

    def once(token: str) -> Reply:
        given = {"access_token": token, **params}
        return download(access.http, _url(access, path), params=given, limit_bytes=limit_bytes)

    try:
        reply = with_token(access, once)
        _raise_for(errcode_of(_error_in(reply)) or OK, _error_in(reply), access, repeatable=True)
    except ContentRefused as error:
        raise MediaUnavailable(str(error)) from error
    except SendError as error:
        raise MediaError(str(error)) from error
    return reply


def with_token(access: Access, once: Once) -> Reply:
    """`once(token)`, and once more with another token if the answer says that the first was stale."""
    fetch = partial(fetch_token, access)
    token = access.tokens.get(fetch)
    reply = once(token)
    if errcode_of(_error_in(reply)) not in STALE_TOKEN:
        return reply
    return once(access.tokens.get(fetch, stale=token))


def _calling(access: Access, method: str, path: str, *, params: Mapping[str, str] | None = None, **parts: Any) -> Once:
    def once(token: str) -> Reply:
        given = {"access_token": token, **(params or {})}
        return call(access.http, method, _url(access, path), params=given, **parts)

    return once


def _url(access: Access, path: str) -> str:
    return access.api_base.rstrip("/") + path


def _readable(reply: Reply, *, repeatable: bool) -> dict[str, Any]:
    try:
        return read_json(reply.body)
    except Malformed as error:
        raise lost(f"the answer (HTTP {reply.status}) cannot be read", repeatable=repeatable) from error


def _error_in(reply: Reply) -> dict[str, Any]:
    if reply.media_type.startswith(("image/", "audio/", "video/")):
        return {}
    try:
        return read_json(reply.body)
    except Malformed:
        return {}


def _raise_for(code: int, answer: Mapping[str, Any], access: Access, *, repeatable: bool) -> None:
    if code != OK:
        safe = repeatable or access.settings.get("retry_busy", "on") != "off"
        raise error_of(code, answer, busy_is_not_taken=safe)
