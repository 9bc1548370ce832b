"""A push as the platform writes it: JSON or XML, plain, compatible or secure, with its signed query."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from platforms.sandbox.apps import App
from platforms.wechat.crypto import encrypt, sign

Event = Mapping[str, str | int]

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Push:
    """What is posted to the hook."""

    query: Mapping[str, str]
    body: bytes = field(repr=False)
    content_type: str


def seal(event: Event, app: App, *, at_s: int, wrong_token: bool = False, broken: bool = False) -> Push:
    """`event` for the app's hook. `wrong_token` signs it with another token, `broken` spoils its body."""
    token = app.token + "x" if wrong_token else app.token
    timestamp, nonce = str(at_s), str(secrets.randbelow(9 * 10**9) + 10**9)
    query = {"signature": sign(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
    query["openid"] = str(event["FromUserName"])
    fields = dict(event) if app.push_mode != "secure" else {"ToUserName": app.original_id}
    if app.push_mode != "plain":
        encrypted = _encrypted(event, app, broken=broken)
        query |= {"encrypt_type": "aes", "msg_signature": sign(token, timestamp, nonce, encrypted)}
        fields["Encrypt"] = encrypted
    body = write(fields, app.push_format)
    cut = broken and app.push_mode == "plain"
    return Push(query, body[: len(body) // 2] if cut else body, f"{_TYPES[app.push_format]}; charset=utf-8")


def handshake(app: App, *, at_s: int) -> tuple[Push, str]:
    """The console's check of a hook (a GET), and the echostr it expects back."""
    timestamp, nonce = str(at_s), str(secrets.randbelow(9 * 10**9) + 10**9)
    echostr = str(secrets.randbelow(9 * 10**18) + 10**18)
    signature = sign(app.token, timestamp, nonce)
    query = {"signature": signature, "echostr": echostr, "timestamp": timestamp, "nonce": nonce}
    return Push(query, b"", "text/plain"), echostr


def write(fields: Event, push_format: str) -> bytes:
    """JSON without escapes, or XML with CDATA around text."""
    if push_format == "json":
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    inner = "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in fields.items())
    return f"<xml>{inner}</xml>".encode("utf-8", "replace")


_TYPES = {"json": "application/json", "xml": "text/xml"}


def _xml(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{NOT_XML.sub('', value).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _encrypted(event: Event, app: App, *, broken: bool) -> str:
    plain = write(event, app.push_format)
    key = app.encoding_aes_key
    encrypted = encrypt(plain, encoding_aes_key=key, app_id=app.app_id, random=os.urandom(16))
    return encrypted[:-8] if broken else encrypted
