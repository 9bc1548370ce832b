"""The hub: who hears what, and what becomes of a bus that goes away, hangs and comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from redis.exceptions import RedisError

from inbox import hub as module
from inbox.bus import bus
from inbox.hub import Hub, send
from inbox.threads import in_thread
from tests.support.proxy import Proxy, proxied


class Ear:
    """Somebody who listens."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.resyncs = 0
        self.changed = asyncio.Event()

    def hear(self, text: str) -> None:
        self.heard.append(text)
        self.changed.set()

    def missed(self) -> None:
        self.resyncs += 1
        self.changed.set()

    async def wait(self, within: float = 10) -> None:
        await asyncio.wait_for(self.changed.wait(), within)
        self.changed.clear()


@pytest.fixture
async def proxy(settings: Any) -> AsyncIterator[Proxy]:
    """In front of Valkey, for the hub alone."""
    there = urlsplit(configured.REDIS_URL)
    assert there.hostname
    assert there.port
    async with proxied(there.hostname, there.port) as proxy:
        settings.REDIS_URL = configured.REDIS_URL.replace(f":{there.port}", f":{proxy.port}")
        yield proxy


async def tell(text: str, *groups: str) -> None:
    """As another process does."""
    await in_thread(send, [(groups, text)])


async def test_what_is_said_to_a_group_is_heard_once_by_whoever_is_in_it() -> None:
    hub, ear, other = Hub(), Ear(), Ear()
    hub.join("a", ear)
    hub.join("b", ear)
    hub.join("c", other)
    assert await hub.ready(within=10)
    await tell("one\ntwo 😀", "a", "b")
    await ear.wait()
    assert (ear.heard, other.heard) == (["one\ntwo 😀"], [])


async def test_whoever_left_hears_nothing() -> None:
    hub, ear, other = Hub(), Ear(), Ear()
    hub.join("a", ear)
    hub.join("a", other)
    assert await hub.ready(within=10)
    hub.leave("a", ear)
    await tell("one", "a")
    await other.wait()
    assert ear.heard == []


async def test_a_bus_that_broke_off_is_heard_again_and_everybody_told_that_something_is_missing(proxy: Proxy) -> None:
    hub, ear = Hub(), Ear()
    hub.join("a", ear)
    assert await hub.ready(within=10)
    assert ear.resyncs == 0
    proxy.break_off()
    await ear.wait()
    assert ear.resyncs == 1
    await tell("after", "a")
    await ear.wait()
    assert ear.heard == ["after"]


async def test_a_bus_that_hangs_is_noticed(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.3)
    hub, ear = Hub(), Ear()
    hub.join("a", ear)
    assert await hub.ready(within=10)
    proxy.hang()
    await asyncio.sleep(2)
    assert not await hub.ready(within=0.1)
    proxy.break_off()
    proxy.go_on()
    await ear.wait()
    assert ear.resyncs == 1


async def test_a_quiet_bus_is_not_taken_for_a_hung_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.5)
    hub, ear = Hub(), Ear()
    hub.join("a", ear)
    assert await hub.ready(within=10)
    await asyncio.sleep(2.5)
    assert ear.resyncs == 0
    await tell("still", "a")
    await ear.wait()
    assert ear.heard == ["still"]


async def test_whoever_did_not_wait_for_a_slow_bus_is_told_once_it_is_there(proxy: Proxy) -> None:
    proxy.hang()
    hub, ear = Hub(), Ear()
    hub.join("a", ear)
    assert not await hub.ready(within=0.3)
    proxy.go_on()
    await ear.wait()
    assert ear.resyncs == 1


async def test_a_bus_that_hangs_is_an_error_of_whoever_tells_and_soon(proxy: Proxy) -> None:
    bus.cache_clear()
    try:
        proxy.hang()
        began = time.monotonic()
        with pytest.raises(RedisError):
            await tell("one", "a")
        assert time.monotonic() - began < 2
    finally:
        bus.cache_clear()
