"""The clock of all sockets of a process, and their heartbeats, told to the database together."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import structlog
from django.conf import settings
from django.db import Error
from django.utils import timezone
from psycopg_pool import PoolTimeout

from inbox.perloop import PerLoop
from inbox.threads import in_thread
from routing.services.heartbeat import hear_of

log = structlog.get_logger(__name__)


class Ticking(Protocol):
    """A socket."""

    def tick(self, now: float) -> None:
        """Do what is due at `now` (of time.monotonic)."""


class Pulse:
    """For one event loop; beats from the first socket on."""

    def __init__(self) -> None:
        self._sockets: set[Ticking] = set()
        self._heard: set[int] = set()
        loop = asyncio.get_running_loop()
        self._tasks = (loop.create_task(self._tick_on()), loop.create_task(self._tell_on()))

    def add(self, socket: Ticking) -> None:
        """From now on it ticks."""
        self._sockets.add(socket)

    def drop(self, socket: Ticking) -> None:
        """No longer."""
        self._sockets.discard(socket)

    def heard_of(self, user: int) -> None:
        """This person is there."""
        self._heard.add(user)

    async def _tick_on(self) -> None:
        while True:
            now = time.monotonic()
            for socket in list(self._sockets):
                socket.tick(now)
            await asyncio.sleep(min(0.5, settings.PING_EVERY.total_seconds() / 4))

    async def _tell_on(self) -> None:
        while True:
            await asyncio.sleep(min(2.0, settings.PRESENCE_SOCKET.total_seconds() / 8))
            heard, self._heard = self._heard, set()
            if heard:
                await _tell(heard)


async def _tell(heard: set[int]) -> None:
    try:
        await in_thread(hear_of, heard, now=timezone.now())
    except (Error, PoolTimeout) as error:
        log.warning("heartbeats.lost", error=type(error).__name__)
    except Exception:  # the worker loop: later ones may succeed
        log.exception("heartbeats.failed")


_pulses = PerLoop(Pulse)


def pulse() -> Pulse:
    """The running loop's."""
    return _pulses.here()
