"""The mini-program's adapter keeps the contract, in each push mode and format."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from platforms.base import Hook
from platforms.errors import SendError, SignatureError
from platforms.mini_program.adapter import MiniProgram
from platforms.wechat.crypto import encrypt, sign
from platforms.wechat.errcodes import ERRCODES, STALE_TOKEN
from tests.platforms.contract import NOW, PlatformContract
from tests.platforms.server import Scripted

TOKEN, KEY, APP_ID = "a token of ours", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx0123456789abcdef"
TIMESTAMP, NONCE = "1767225600", "415670741"
FROM = {
    "ToUserName": "gh_8a1f00000001",
    "FromUserName": "oABCD1234exampleopenid0001",
    "CreateTime": 1767225600,
}


def encrypted(body: bytes, *, key: str = KEY, app_id: str = APP_ID) -> str:
    return encrypt(body, encoding_aes_key=key, app_id=app_id, random=b"0123456789abcdef")


def pushed(envelope: bytes, **signatures: str) -> Hook:
    query = {"timestamp": TIMESTAMP, "nonce": NONCE, **signatures}
    return Hook(headers={}, query=query, body=envelope, received_at=NOW)


class TestSecureJson(PlatformContract):
    platform = MiniProgram()
    secrets: ClassVar[Mapping[str, str]] = {
        "app_id": APP_ID,
        "app_secret": "app-secret-of-ours",
        "token": TOKEN,
        "encoding_aes_key": KEY,
        "original_id": "gh_8a1f00000001",
    }
    settings: ClassVar[Mapping[str, str]] = {"push_mode": "secure"}
    secret_names = ("app_secret", "token", "encoding_aes_key")
    send_path = "/cgi-bin/message/custom/send"
    token_path = "/cgi-bin/stable_token"
    taken: ClassVar[Mapping[str, Any]] = {"errcode": 0, "errmsg": "ok"}
    token_answers: ClassVar[tuple[Scripted, ...]] = (
        {"access_token": "access-token-1", "expires_in": 7200},
        {"access_token": "access-token-2", "expires_in": 7200},
    )
    stale: ClassVar[Scripted] = {"errcode": 42001, "errmsg": "access_token expired rid: 1"}
    refusals: ClassVar[Mapping[str, tuple[Scripted, type[SendError]]]] = {
        str(code): ({"errcode": code, "errmsg": "rid: 1"}, entry.error)
        for code, entry in ERRCODES.items()
        if code not in STALE_TOKEN
    }

    def handshake(self, *, right: bool) -> Hook:
        signature = sign(TOKEN if right else "another", TIMESTAMP, NONCE)
        query = {
            "signature": signature,
            "timestamp": TIMESTAMP,
            "nonce": NONCE,
            "echostr": "4375120948345356249",
        }
        return Hook(method="GET", headers={}, query=query, body=b"", received_at=NOW)

    def hook(self, body: bytes) -> Hook:
        return self.sealed(encrypted(body))

    def sealed(self, text: str, token: str = TOKEN) -> Hook:
        envelope = json.dumps({"ToUserName": "gh_8a1f00000001", "Encrypt": text}).encode()
        return pushed(
            envelope,
            signature=sign(token, TIMESTAMP, NONCE),
            msg_signature=sign(token, TIMESTAMP, NONCE, text),
            encrypt_type="aes",
        )

    def forgeries(self, body: bytes) -> Iterable[Hook]:
        right = self.hook(body)
        yield self.sealed(encrypted(body), token="another")
        yield self.sealed(encrypted(body), token="")
        yield replace(right, query={**right.query, "timestamp": "1767225601"})
        yield replace(right, query={**right.query, "nonce": "1"})
        yield replace(right, query={**right.query, "msg_signature": ""})
        yield replace(right, query={name: right.query[name] for name in ("signature", "timestamp", "nonce")})
        yield replace(right, query={**right.query, "msg_signature": right.query["signature"]})
        yield replace(right, body=body)  # the plain body with every signature of another
        yield pushed(body, signature=sign(TOKEN, TIMESTAMP, NONCE))
        yield replace(right, query={})
        yield replace(right, method="GET")

    def unopenable(self) -> Iterable[Hook]:
        yield self.sealed("not base64!")
        yield self.sealed("")
        yield self.sealed("AAAA")
        yield self.sealed(encrypted(b"{}", key="z" * 42 + "E"))
        yield self.sealed(encrypted(b"{}", app_id="wxanother"))
        right = self.hook(b"{}")
        for body in (b"", b"{", b"[]", b'{"Encrypt":1}', b'{"Encrypt":"a","Encrypt":"b"}', b"[" * 100_000):
            yield replace(right, body=body)
        for body in (b"<xml>", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><xml><Encrypt>&b;</Encrypt></xml>'):
            yield replace(right, body=body)
        yield replace(right, body=b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>")
        yield replace(right, body=right.body + b" {}")

    def messages(self) -> Iterable[bytes]:
        yield json.dumps({**FROM, "MsgType": "text", "Content": "这款有L码吗？", "MsgId": 2**63 - 1}).encode()
        yield json.dumps({**FROM, "MsgType": "text", "Content": "在吗", "MsgId": 2**63 - 2}).encode()
        yield json.dumps({**FROM, "MsgType": "text", "Content": "😀", "MsgId": "49d72d67_1555684067"}).encode()
        image = {"MsgType": "image", "PicUrl": "http://mmbiz.qpic.cn/a/0", "MediaId": "m1", "MsgId": 5}
        yield json.dumps({**FROM, **image}).encode()

    def strange_message(self) -> tuple[bytes, str]:
        return json.dumps({**FROM, "MsgType": "hologram", "Url": "u", "MsgId": 7}).encode(), "hologram"


class TestSecureXml(TestSecureJson):
    def sealed(self, text: str, token: str = TOKEN) -> Hook:
        envelope = f"<xml><ToUserName><![CDATA[gh_8a1f]]></ToUserName><Encrypt><![CDATA[{text}]]></Encrypt></xml>"
        return replace(super().sealed(text, token), body=envelope.encode())


class TestCompatible(TestSecureJson):
    """The plain fields beside the encrypted text are never looked at."""

    settings: ClassVar[Mapping[str, str]] = {"push_mode": "compatible", "push_format": "xml"}

    def sealed(self, text: str, token: str = TOKEN) -> Hook:
        envelope = {**FROM, "MsgType": "text", "Content": "a lie", "MsgId": 1, "Encrypt": text}
        return replace(super().sealed(text, token), body=json.dumps(envelope).encode())

    def forgeries(self, body: bytes) -> Iterable[Hook]:
        right = self.hook(body)
        yield self.sealed(encrypted(body), token="another")
        yield replace(right, query={**right.query, "msg_signature": right.query["signature"]})
        yield replace(right, query={name: right.query[name] for name in ("signature", "timestamp", "nonce")})
        yield pushed(body, signature=sign("another", TIMESTAMP, NONCE))
        yield pushed(body)

    def test_a_body_without_an_encrypted_part_is_as_good_as_in_plain_mode(self) -> None:
        hook = pushed(b'{"a":1}', signature=sign(TOKEN, TIMESTAMP, NONCE))
        assert self.platform.open(hook, self.access) == b'{"a":1}'

    def test_a_tampered_push_is_refused_or_says_the_same(self) -> None:
        """As long as there is an encrypted part: without one, compatible mode is no better than plain."""
        hook = self.hook(b"{}")
        lied = replace(hook, body=hook.body.replace(b"a lie", b"another"))
        assert self.platform.open(lied, self.access) == b"{}"
        with pytest.raises(SignatureError):
            self.platform.open(replace(hook, body=hook.body.replace(b'"Encrypt": "', b'"Encrypt": "A')), self.access)


class TestPlain(TestSecureJson):
    settings: ClassVar[Mapping[str, str]] = {"push_mode": "plain"}

    def hook(self, body: bytes) -> Hook:
        return pushed(body, signature=sign(TOKEN, TIMESTAMP, NONCE))

    def forgeries(self, body: bytes) -> Iterable[Hook]:
        yield pushed(body, signature=sign("another", TIMESTAMP, NONCE))
        yield pushed(body, signature=sign("", TIMESTAMP, NONCE))
        yield pushed(body, signature="")
        yield pushed(body)
        yield pushed(body, signature=sign(TOKEN, TIMESTAMP, NONCE), timestamp="1")

    def unopenable(self) -> Iterable[Hook]:
        return []

    def test_a_tampered_push_is_refused_or_says_the_same(self) -> None:
        """Not in plain mode: its signature does not cover the body, which is why it is discouraged."""
        hook = self.hook(b"{}")
        assert self.platform.open(replace(hook, body=b"[]"), self.access) == b"[]"
