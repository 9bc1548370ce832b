"""Customers' words as the platform pushes them: signed, encrypted, each with a MsgId of its own; made ahead."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from hashlib import sha1
from urllib.parse import urlencode

from bench.floor import TOKEN
from bench.load import request
from platforms.sandbox.apps import App
from platforms.sandbox.wechat.envelope import seal

_ids = itertools.count(10**15 + time.time_ns() % 10**12)


def apps(count: int) -> list[App]:
    """Mini-programs that nobody has registered anywhere yet, in secure mode."""
    return [App(app_id=f"wxbench{n:04d}", name=f"Shop {n}") for n in range(count)]


def word(app: App, openid: str, *, msg_id: int | None = None, text: str = "在吗，这款还有货吗？") -> bytes:
    """A request that pushes one text message."""
    now = int(time.time())
    event: dict[str, str | int] = {
        "ToUserName": app.original_id,
        "FromUserName": openid,
        "CreateTime": now,
        "MsgType": "text",
        "Content": text,
        "MsgId": next(_ids) if msg_id is None else msg_id,
    }
    sealed = seal(event, app, at_s=now)
    path = f"/hooks/mini_program/{app.app_id}/?{urlencode(sealed.query)}"
    return request("POST", path, body=sealed.body, kind=sealed.content_type)


def words(shops: Sequence[App], count: int, *, customers: int) -> list[bytes]:
    """`count` of them, of `customers` in turn, spread over the shops."""
    return [word(shops[n % len(shops)], f"obench{n % customers:06d}") for n in range(count)]


def plain() -> Iterator[bytes]:
    """Without end: what the plain view is pushed, as long as a word in secure mode."""
    while True:
        timestamp, nonce = str(int(time.time())), str(next(_ids))
        signed = "".join(sorted((TOKEN, timestamp, nonce)))
        signature = sha1(signed.encode(), usedforsecurity=False).hexdigest()
        query = urlencode({"signature": signature, "timestamp": timestamp, "nonce": nonce})
        body = json.dumps({"MsgId": next(_ids), "Encrypt": "x" * 300}).encode()
        yield request("POST", f"/push/?{query}", body=body, kind="application/json; charset=utf-8")
