"""One subscription per process, and everybody in the process who listens: sockets and caches.

A frame for many costs one message on the bus; the rest is a loop over a set in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

import structlog
from django.conf import settings
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from inbox.bus import bus, own
from inbox.perloop import PerLoop

log = structlog.get_logger(__name__)
heard = Counter("onequeue_frames_heard_total", "Frames that came in over the bus")
resyncs = Counter("onequeue_resyncs_total", "Times the bus was lost, so that pages had to refetch")

CHANNEL = "frames"
QUIET_SECONDS = 3.0  # then the bus is asked whether it is still there
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 3.0


class Listener(Protocol):
    """Somebody who is told. Must not block and must not raise."""

    def hear(self, text: str) -> None:
        """A frame for one of its groups."""

    def missed(self) -> None:
        """Frames may have been lost: what is shown must be fetched again."""


def send(frames: Iterable[tuple[Iterable[str], str]]) -> None:
    """Tell each frame to its groups, in all processes. redis.exceptions.RedisError."""
    with bus().pipeline(transaction=False) as pipe:
        for groups, text in frames:
            pipe.publish(own(CHANNEL), f"{' '.join(groups)}\n{text}")
        pipe.execute()


class Hub:
    """For one event loop; listens from the first `join` on."""

    def __init__(self) -> None:
        self._groups: dict[str, set[Listener]] = {}
        self._task: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()
        self._lost = False

    def join(self, group: str, listener: Listener) -> None:
        """From now on `listener` hears what is said to `group`."""
        self._groups.setdefault(group, set()).add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    def leave(self, group: str, listener: Listener) -> None:
        """No longer."""
        members = self._groups.get(group, set())
        members.discard(listener)
        if not members:
            self._groups.pop(group, None)

    async def ready(self, within: float) -> bool:
        """Wait until the bus is heard, at most `within` seconds; after False everybody is told once it is."""
        try:
            async with asyncio.timeout(within):
                return await self._subscribed.wait()
        except TimeoutError:
            self._lost = True
            return False

    def tell(self, groups: Iterable[str], text: str) -> None:
        """To everybody here who is in one of `groups`, once."""
        for listener in self._listeners(groups):
            listener.hear(text)

    def _listeners(self, groups: Iterable[str]) -> set[Listener]:
        return set().union(*(self._groups.get(group, ()) for group in groups))

    async def _listen(self) -> None:
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                async with _connection() as redis, redis.pubsub() as pubsub:
                    await pubsub.subscribe(own(CHANNEL))
                    await self._hear(pubsub)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("hub.lost", error=type(error).__name__)
            except Exception:  # the worker loop: whoever fails to listen must not end it for all
                log.exception("hub.failed")
            wait = FIRST_WAIT_SECONDS if self._subscribed.is_set() else min(2 * wait, LONGEST_WAIT_SECONDS)
            self._subscribed.clear()
            self._lost = True
            await asyncio.sleep(wait)

    async def _hear(self, pubsub: PubSub) -> None:
        """Pass on what comes; TimeoutError when even a question is not answered."""
        asked = False
        while True:
            message = await pubsub.get_message(timeout=QUIET_SECONDS)
            if message is None and asked:
                raise TimeoutError
            if message is None:
                await pubsub.ping()
            elif message["type"] == "subscribe":
                self._begin()
            elif message["type"] == "message":
                groups, _, text = message["data"].decode().partition("\n")
                heard.inc()
                self.tell(groups.split(), text)
            asked = message is None

    def _begin(self) -> None:
        self._subscribed.set()
        if self._lost:
            self._lost = False
            resyncs.inc()
            for listener in self._listeners(list(self._groups)):
                listener.missed()


def _connection() -> Redis:
    wait = QUIET_SECONDS
    return Redis.from_url(
        settings.REDIS_URL, retry=Retry(NoBackoff(), 0), socket_timeout=wait, socket_connect_timeout=wait
    )


_hubs = PerLoop(Hub)


def hub() -> Hub:
    """The running loop's."""
    return _hubs.here()
