"""Open sockets of pages and programs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import WebsocketCommunicator
from django.utils import timezone

from inbox import offload
from inbox.consumers import InboxSocket
from inbox.hub import hub
from inbox.models import User
from inbox.services.api_tokens import issue_token
from inbox.threads import in_thread

Header = tuple[bytes, bytes]


class Socket:
    """One open socket, as its client sees it."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self._communicator = communicator
        self.ready: dict[str, Any] = {}

    async def next(self, *kinds: str, within: float = 5) -> dict[str, Any]:
        """The next frame of one of these types (any if none is named)."""
        while True:
            frame: dict[str, Any] = json.loads(await self._communicator.receive_from(timeout=within))
            if not kinds or frame["type"] in kinds:
                return frame

    async def quiet(self) -> bool:
        """Whether nothing more came, once all hints are told."""
        await told()
        return bool(await self._communicator.receive_nothing(timeout=0.2))

    async def say(self, text: str | dict[str, Any]) -> None:
        """A frame of the client."""
        await self._communicator.send_to(text_data=text if isinstance(text, str) else json.dumps(text))

    async def watch(self, conversation: int) -> dict[str, Any]:
        """Open a conversation; the answer."""
        await self.say({"type": "watch", "conversation": conversation})
        return await self.next("watching", "error")

    async def closed(self, within: float = 5) -> int:
        """The code it was closed with, whatever came before."""
        while True:
            message = await self._communicator.receive_output(timeout=within)
            if message["type"] == "websocket.close":
                return int(message.get("code", 1000))

    async def leave(self) -> None:
        """The client goes."""
        await self._communicator.disconnect()


def a_communicator(*headers: Header) -> WebsocketCommunicator:
    """Not yet connected."""
    return WebsocketCommunicator(InboxSocket.as_asgi(), "/ws/inbox/", headers=list(headers))


async def token_of(user: User) -> Header:
    """What a program shows."""
    token = await in_thread(issue_token, user, now=timezone.now())
    return b"authorization", f"Token {token}".encode()


@asynccontextmanager
async def a_socket(user: User) -> AsyncIterator[Socket]:
    """An open socket of `user`, who is told that it is ready."""
    communicator = a_communicator(await token_of(user))
    accepted, _ = await communicator.connect(timeout=5)
    assert accepted
    socket = Socket(communicator)
    socket.ready = await socket.next(within=10)
    assert await hub().ready(within=10)
    try:
        yield socket
    finally:
        await socket.leave()


async def told() -> None:
    """Wait until all hints have left this process."""
    assert await in_thread(offload.drain, 10)
