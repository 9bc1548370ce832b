"""The socket of open pages and of programs, `/ws/inbox/`; every frame is in docs/socket.md.

Authorised once, when it opens; what it hears comes from the process's hub, without a query; whatever changes a person's
rights closes it.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error
from django.utils import timezone
from prometheus_client import Gauge
from psycopg_pool import PoolTimeout

from inbox.admission import Seat, admit, is_from_our_page, may_watch
from inbox.frames import CLOSE
from inbox.hub import hub
from inbox.pulse import pulse
from inbox.threads import in_thread

log = structlog.get_logger(__name__)
open_sockets = Gauge("onequeue_sockets", "Open sockets")

BAD_FRAMES, NOT_LOGGED_IN, ACCESS_CHANGED, TOO_SLOW, RENEW, TRY_LATER = 4400, 4401, 4403, 4408, 4410, 1013
OUTBOX = 500  # frames a socket may be behind
WATCHED = 50  # conversations one socket may have open
FRAME_CHARACTERS = 4_000  # of a client's
FAULTS = 3
HUB_WITHIN_SECONDS = 1.0
RESYNC = '{"type":"resync"}'


class InboxSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One open socket."""

    seat: Seat

    def __init__(self) -> None:
        super().__init__()
        self._outbox: deque[str] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._is_open = False
        self._joined: set[str] = set()
        self._watched: set[int] = set()
        self._faults = 0
        self._heard_at = self._pinged_at = time.monotonic()
        life = random.uniform(0.9, 1.0)  # noqa: S311 - so that not all come back at once
        self._ends_at = self._heard_at + settings.SOCKET_LIFETIME.total_seconds() * life

    # --- opening and closing

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """As Channels', without a visit to a database thread for every frame."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        """Let somebody in, tell them so, then what happens."""
        headers = self.scope["headers"]
        if not is_from_our_page(headers):
            await self.close()
            return
        await self.accept()
        try:
            seat = await in_thread(admit, headers, now=timezone.now())
        except (Error, PoolTimeout) as error:
            log.warning("socket.refused", error=type(error).__name__)
            await self.close(TRY_LATER)
            return
        if seat is None:
            await self.close(NOT_LOGGED_IN)
            return
        await self._sit_down(seat)

    async def _sit_down(self, seat: Seat) -> None:
        self.seat = seat
        self._join(*seat.groups)
        pulse().add(self)
        open_sockets.inc()
        await hub().ready(within=HUB_WITHIN_SECONDS)
        self._is_open = True
        self._outbox.appendleft(_ready(seat))
        self._flush()

    async def websocket_disconnect(self, message: Mapping[str, Any]) -> None:
        """Gone; the heartbeat runs on for a while, as pages reload."""
        self._stand_up()
        raise StopConsumer

    def end(self, code: int) -> None:
        """Close it; the page decides by the code what to do."""
        if self._stand_up():
            self._closing = asyncio.ensure_future(self._close(code))

    def _stand_up(self) -> bool:
        """Hear nothing any more; False if that was so."""
        was_here = bool(self._joined)
        self._is_open = False
        for group in self._joined:
            hub().leave(group, self)
        self._joined.clear()
        pulse().drop(self)
        if was_here:
            open_sockets.dec()
        if self._sender is not None:
            self._sender.cancel()
        return was_here

    async def _close(self, code: int) -> None:
        with suppress(OSError):  # it is gone already
            await self.close(code)

    # --- what it hears

    def hear(self, text: str) -> None:
        """A frame of one of its groups."""
        if text == CLOSE:
            self.end(ACCESS_CHANGED)
        elif len(self._outbox) >= OUTBOX:
            self.end(TOO_SLOW)
        else:
            self._outbox.append(text)
            self._flush()

    def missed(self) -> None:
        """Frames may be lost: the page fetches what it shows."""
        self.hear(RESYNC)

    def tick(self, now: float) -> None:
        """The pulse of the process."""
        if now >= self._ends_at:
            self.end(RENEW)
        elif now - self._heard_at >= settings.PRESENCE_SOCKET.total_seconds():
            self.end(TOO_SLOW)
        elif now - self._pinged_at >= settings.PING_EVERY.total_seconds():
            self._pinged_at = now
            self.tell({"type": "ping", "now": timezone.now().isoformat()})

    def _join(self, *groups: str) -> None:
        for group in groups:
            hub().join(group, self)
        self._joined.update(groups)

    def _flush(self) -> None:
        if self._is_open and self._sender is None:
            self._sender = asyncio.ensure_future(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._outbox:
                await self.send(text_data=self._outbox.popleft())
        except OSError:
            self._outbox.clear()  # the other side is gone; its end will be told
        finally:
            self._sender = None

    # --- what the client says

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame of the client."""
        frame = _parsed(text_data)
        say = _SAYINGS.get(str(frame.get("type")))
        if say is None:
            self._fault("bad_frame", "A frame is a JSON object with a known type.")
        elif self._is_open:
            await say(self, frame)

    async def pong(self, _frame: Mapping[str, Any]) -> None:
        """Still here."""
        self._heard_at = time.monotonic()
        pulse().heard_of(self.seat.user)

    async def ping(self, _frame: Mapping[str, Any]) -> None:
        """A client may ask, too."""
        self.tell({"type": "pong", "now": timezone.now().isoformat()})

    async def watch(self, frame: Mapping[str, Any]) -> None:
        """From now on it hears the messages of a conversation, if its person may read it."""
        conversation = frame.get("conversation")
        if type(conversation) is not int:
            self._fault("bad_frame", "conversation is a number.")
            return
        if len(self._watched) >= WATCHED and conversation not in self._watched:
            self.tell({"type": "error", "code": "too_many", "conversation": conversation})
            return
        try:
            allowed = await in_thread(may_watch, self.seat.user, conversation)
        except (Error, PoolTimeout):
            self.tell({"type": "error", "code": "try_later", "conversation": conversation})
            return
        if not allowed:
            self.tell({"type": "error", "code": "not_found", "conversation": conversation})
        elif self._is_open:
            self._join(*self.seat.talk_groups(conversation))
            self._watched.add(conversation)
            self.tell({"type": "watching", "conversation": conversation})

    async def unwatch(self, frame: Mapping[str, Any]) -> None:
        """No longer."""
        conversation = frame.get("conversation")
        if type(conversation) is int and conversation in self._watched:
            groups = self.seat.talk_groups(conversation)
            for group in groups:
                hub().leave(group, self)
            self._joined.difference_update(groups)
            self._watched.discard(conversation)

    def tell(self, frame: Mapping[str, Any]) -> None:
        """A frame for this socket alone."""
        self.hear(json.dumps(frame, ensure_ascii=False))

    def _fault(self, code: str, detail: str) -> None:
        self._faults += 1
        if self._faults >= FAULTS:
            self.end(BAD_FRAMES)
        else:
            self.tell({"type": "error", "code": code, "detail": detail})


_SAYINGS = {
    "pong": InboxSocket.pong,
    "ping": InboxSocket.ping,
    "watch": InboxSocket.watch,
    "unwatch": InboxSocket.unwatch,
}


def _parsed(text: str | None) -> dict[str, Any]:
    """The client's frame; {} for what is none."""
    if text is None or len(text) > FRAME_CHARACTERS:
        return {}
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def _ready(seat: Seat) -> str:
    user = {"id": seat.user, "username": seat.username, "name": seat.name}
    ping_every = settings.PING_EVERY.total_seconds()
    said = {"type": "ready", "now": timezone.now().isoformat(), "user": user, "ping_every_s": ping_every}
    return json.dumps(said, ensure_ascii=False)
