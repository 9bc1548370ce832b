"""The envelope of WeChat's message push: URL handshake, signatures, plain, compatible and secure mode.

Mini-programs and shops use it alike. The plain `signature` covers the token, timestamp and nonce only, never
the body; `msg_signature` covers the encrypted body too, so secure mode trusts nothing else. A replay is
harmless: the event's key stops it, and platforms push again for hours, so timestamps are not judged.
Source: https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from platforms.base import Answer, Hook
from platforms.bodies import Malformed, read_body
from platforms.errors import EnvelopeError, SignatureError
from platforms.wechat.crypto import decrypt, signature_is_right

PUSH_MODES = ("plain", "compatible", "secure")
PUSH_FORMATS = ("json", "xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushKeys:
    """What an account and the platform agreed on; a `mode` that is not in PUSH_MODES is taken as secure."""

    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    app_id: str
    mode: str


def handshake(hook: Hook, *, token: str) -> Answer | None:
    """The answer to the URL check of a GET with `echostr`; None for other requests. SignatureError.

    `echostr` is plain even in secure mode.
    """
    if hook.method != "GET" or "echostr" not in hook.query:
        return None
    _verify(hook, "signature", token)
    return Answer(hook.query["echostr"].encode("utf-8", "replace"))


def open_push(hook: Hook, keys: PushKeys) -> bytes:
    """The plain body of an authentic push. SignatureError, EnvelopeError."""
    if hook.method != "POST":
        raise SignatureError("not a push")
    if keys.mode == "plain":
        _verify(hook, "signature", keys.token)
        return hook.body
    if keys.mode != "compatible" and "msg_signature" not in hook.query:
        raise SignatureError("secure mode, and no msg_signature")
    encrypted = _encrypted_part(hook.body)
    if encrypted is not None:
        return _opened(hook, encrypted, keys)
    if keys.mode != "compatible":
        raise SignatureError("secure mode, and a plain body: its signature does not cover it")
    _verify(hook, "signature", keys.token)
    return hook.body


def _opened(hook: Hook, encrypted: str, keys: PushKeys) -> bytes:
    _verify(hook, "msg_signature", keys.token, encrypted)
    message, app_id = decrypt(encrypted, encoding_aes_key=keys.encoding_aes_key)
    if not hmac.compare_digest(app_id.encode(), keys.app_id.encode()):
        raise EnvelopeError("it was encrypted for another app id")
    return message


def _verify(hook: Hook, name: str, token: str, *covered: str) -> None:
    query = hook.query
    if not token:
        raise SignatureError("the account has no token")
    if not all(query.get(each) for each in (name, "timestamp", "nonce")):
        raise SignatureError(f"{name}, timestamp or nonce is missing")
    if not signature_is_right(query[name], token, query["timestamp"], query["nonce"], *covered):
        raise SignatureError(f"{name} is wrong")


def _encrypted_part(body: bytes) -> str | None:
    try:
        found = read_body(body).get("Encrypt")
    except Malformed as error:
        raise EnvelopeError(str(error)) from error
    if found is None or isinstance(found, str):
        return found
    raise EnvelopeError("Encrypt is not one text")
