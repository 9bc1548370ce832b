"""A platform in front of the gateway: signed pushes to an account, over ASGI."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from inbox.gateway import Gateway
from inbox.models import Account, Hook
from inbox.threads import in_thread
from platforms.wechat.crypto import encrypt, sign
from tests.factories import an_account

TIMESTAMP, NONCE = "1767585600", "nonce"
WORD = {"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1767585600, "MsgType": "text"}


def a_shop(key: str = "shop", *, mode: str = "secure", **fields: Any) -> Account:
    """An account of the mini-program platform."""
    return an_account(key, options={"push_mode": mode, "push_format": "json"}, **fields)


def a_push(account: Account, text: str = "在吗", *, number: int = 1, token: str = "") -> tuple[dict[str, str], bytes]:
    """Query and body of a customer's word, signed, and encrypted in secure mode."""
    body = json.dumps({**WORD, "Content": text, "MsgId": number}, ensure_ascii=False).encode()
    token = token or account.secrets["token"]
    query = {"signature": sign(token, TIMESTAMP, NONCE), "timestamp": TIMESTAMP, "nonce": NONCE}
    if account.options["push_mode"] == "plain":
        return query, body
    key, app_id = account.secrets["encoding_aes_key"], account.secrets["app_id"]
    sealed = encrypt(body, encoding_aes_key=key, app_id=app_id, random=b"0123456789abcdef")
    query |= {"encrypt_type": "aes", "msg_signature": sign(token, TIMESTAMP, NONCE, sealed)}
    return query, json.dumps({"ToUserName": "gh_1", "Encrypt": sealed}).encode()


class Platform:
    """Pushes to a gateway of its own."""

    def __init__(self, gateway: Gateway) -> None:
        transport = httpx.ASGITransport(gateway)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=30)

    async def push(self, account: Account, text: str = "在吗", *, number: int = 1, **changes: Any) -> httpx.Response:
        """Post a customer's word; `changes` are of the request: `path`, `query`, `body`, `headers`."""
        query, body = a_push(account, text, number=number)
        path = changes.get("path", f"/hooks/{account.platform}/{account.key}/")
        return await self.http.post(
            path,
            params={**query, **changes.get("query", {})},
            content=changes.get("body", body),
            headers=changes.get("headers", {"content-type": "application/json"}),
        )


@asynccontextmanager
async def a_platform() -> AsyncIterator[Platform]:
    """A platform and the gateway it pushes to."""
    gateway = Gateway()
    platform = Platform(gateway)
    try:
        async with platform.http:
            yield platform
    finally:
        await gateway.close()


async def journal() -> list[Hook]:
    """All that is in it, in order."""
    return await in_thread(lambda: list(Hook.objects.order_by("pk")))


async def change(account: Account, **fields: Any) -> None:
    """As an administrator's change in another process."""
    rows = Account.objects.filter(pk=account.pk)
    await in_thread(rows.update, **fields)


def texts(hooks: list[Hook]) -> list[str]:
    """What was said in them."""
    return [json.loads(bytes(hook.opened))["Content"] for hook in hooks]


def kept(hook: Hook) -> Mapping[str, Any]:
    """The row as plain values."""
    names = ("path", "headers", "query", "state", "reason", "attempts")
    return {name: getattr(hook, name) for name in names} | {"body": bytes(hook.body), "opened": bytes(hook.opened)}
