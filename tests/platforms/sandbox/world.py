"""A twin in this process, with one app, a clock of its own and a hook that a test watches."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha1
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from platforms.sandbox.app import Application
from platforms.sandbox.caller import Answered
from platforms.sandbox.twin import Settings, Twin
from platforms.sandbox.web import Message, Receive, Scope, Send

APP = "wx0000000000000001"
TOKEN = "AAAAA"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
HOOK = "http://hook.test/hooks/mini_program/shop/"
OPENID = "oABCD1234exampleopenid0001"
NOON_MS = 1_767_225_600_000
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"

Answering = Callable[[httpx.Request], httpx.Response]


class Hook:
    """What the twin pushes to. `answering` decides what it hears; `requests` keeps everything that came."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answering: Answering = lambda request: httpx.Response(200, text="success")

    async def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Keep the request, and answer it."""
        request = httpx.Request(method, url, headers=dict(headers), content=body)
        self.requests.append(request)
        answer = self.answering(request)
        return Answered(answer.status_code, answer.content)

    async def close(self) -> None:
        """Nothing is open."""


class World:
    """The twin and both its sides: the product's calls, and the customers' actions."""

    def __init__(self, twin: Twin, client: httpx.AsyncClient, hook: Hook) -> None:
        self.twin = twin
        self.client = client
        self.hook = hook
        self.now_ms = NOON_MS

    def at(self, seconds: float) -> None:
        """Set the clock to so many seconds after noon."""
        self.now_ms = NOON_MS + round(seconds * 1000)

    async def control(self, where: str, method: str = "POST", **data: Any) -> Any:
        """A call of the control API under the app."""
        body = data if method == "POST" else None
        response = await self.client.request(method, f"/sandbox/api/apps/{APP}/{where}", json=body)
        assert response.is_success, response.text
        return response.json()

    async def act(self, action: str, *, openid: str = OPENID, **data: Any) -> Any:
        """Do something as a customer, and wait for the push."""
        return await self.control(f"customers/{openid}/act", action=action, wait=True, **data)

    async def says(self, text: str = "在吗", *, openid: str = OPENID) -> Any:
        """Write as a customer, and wait for the push."""
        return await self.act("text", openid=openid, text=text)

    async def arm(self, kind: str, **data: Any) -> Any:
        """Arm a fault."""
        return await self.control("faults", kind=kind, **data)

    async def token(self, **data: Any) -> Any:
        """What stable_token answers."""
        asked = {"grant_type": "client_credential", "appid": APP, "secret": "s" * 32} | data
        return (await self.client.post("/cgi-bin/stable_token", json=asked)).json()

    async def post(self, path: str, body: bytes) -> httpx.Response:
        """A call with a good token."""
        value = (await self.token())["access_token"]
        return await self.client.post(path, params={"access_token": value}, content=body)

    async def post_message(self, message: dict[str, Any]) -> httpx.Response:
        """Call custom/send."""
        body = json.dumps({"touser": OPENID} | message, ensure_ascii=False).encode()
        return await self.post("/cgi-bin/message/custom/send", body)

    async def reply(self, text: str = "您好", *, openid: str = OPENID) -> int:
        """Send a text; the errcode."""
        message = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        errcode: int = (await self.post_message(message)).json()["errcode"]
        return errcode

    async def upload(self, body: bytes = PNG, **query: str) -> Any:
        """Call media/upload."""
        query = {"access_token": (await self.token())["access_token"], "type": "image"} | query
        files = {"media": ("a.png", body, "image/png")}
        return (await self.client.post("/cgi-bin/media/upload", params=query, files=files)).json()

    async def messages(self, author: str = "") -> list[dict[str, Any]]:
        """The record of the customer, oldest first."""
        found = (await self.control(f"customers/{OPENID}/messages", "GET"))["messages"]
        return [each for each in found if author in ("", each["author"])]

    async def calls(self) -> list[dict[str, Any]]:
        """The call log, newest first."""
        found: list[dict[str, Any]] = (await self.control("calls", "GET"))["calls"]
        return found


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    """A running twin whose retries do not wait."""
    hook = Hook()
    here: World
    chosen = {"push_spacing": 0.0, "push_timeout": 0.5} | settings
    twin = Twin(Settings(directory=folder, **chosen), now=lambda: here.now_ms, caller=hook)
    transport = httpx.ASGITransport(finishing(Application(twin=twin)))
    async with httpx.AsyncClient(transport=transport, base_url="http://twin.test") as client:
        here = World(twin, client, hook)
        await register(client)
        yield here
        await twin.close()


def finishing(application: Application) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application, with an end to answers that it cuts: what servers do by closing the connection."""

    async def finished(scope: Scope, receive: Receive, send: Send) -> None:
        sent: list[Message] = []

        async def forward(message: Message) -> None:
            sent.append(message)
            await send(message)

        await application(scope, receive, forward)
        if sent[-1].get("more_body"):
            await send({"type": "http.response.body"})

    return finished


async def register(client: httpx.AsyncClient, **changes: str) -> None:
    """Register the app, or change it."""
    data = {
        "app_id": APP,
        "name": "云朵服饰",
        "app_secret": "s" * 32,
        "token": TOKEN,
        "encoding_aes_key": KEY,
    }
    data |= {"original_id": "gh_8a1f00000001", "hook_url": HOOK} | changes
    assert (await client.post("/sandbox/api/apps/", json=data)).status_code == 200


def signed(*parts: str) -> str:
    """The signature, written down from the official page."""
    return sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324


def decrypted(encrypted: str) -> tuple[bytes, str]:
    """The message and the app id, written down from the official page."""
    key = base64.b64decode(KEY + "=")
    cipher = Cipher(AES(key), CBC(key[:16])).decryptor()
    padded = cipher.update(base64.b64decode(encrypted)) + cipher.finalize()
    full = padded[: -padded[-1]]
    length = int.from_bytes(full[16:20], "big")
    return full[20 : 20 + length], full[20 + length :].decode()
