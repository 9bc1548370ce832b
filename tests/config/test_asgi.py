"""What Daphne is given: health and hooks before Django, pages on kept threads, sockets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from django.utils import timezone

from config import asgi
from config.gateway import application as gateway_alone
from config.handler import Threads
from inbox import gateway, health, upkeep
from inbox.bus import bus
from inbox.models import Liveness
from inbox.services.liveness import beat
from inbox.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(asgi.application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=30) as client:
        yield client
    await health._database.here().close()
    await gateway.application.close()


async def test_a_process_that_answers_is_alive_and_counts_itself(web: httpx.AsyncClient) -> None:
    assert (await web.get("/healthz")).text == "ok"
    assert "onequeue_hooks_total" in (await web.get("/metrics")).text


async def test_it_is_ready_when_database_redis_and_a_worker_are_there(web: httpx.AsyncClient, settings: Any) -> None:
    nobody = await web.get("/readyz")
    assert (nobody.status_code, nobody.json()["worker"]) == (503, False)
    await in_thread(beat, "worker", timezone.now())
    ready = await web.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"ready": True, "database": True, "redis": True, "worker": True},
    )
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:9/0"
    bus.cache_clear()
    away = await web.get("/readyz")
    settings.REDIS_URL = there
    bus.cache_clear()
    assert (away.status_code, away.json()["redis"]) == (503, False)


async def test_hooks_pages_and_sockets_go_their_own_ways(web: httpx.AsyncClient) -> None:
    assert (await web.get("/hooks/mini_program/nobody/")).text == "no such account"
    assert (await web.get("/admin/login/")).status_code == 200
    assert "x-request-id" in (await web.get("/no/such/page/")).headers


async def test_the_gateway_alone_answers_hooks_and_health_only() -> None:
    transport = httpx.ASGITransport(gateway_alone)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        codes = [(await client.get(path)).status_code for path in ("/healthz", "/hooks/mini_program/no/", "/admin/")]
    await gateway.application.close()
    assert codes == [200, 404, 404]


async def test_a_web_process_says_that_it_is_up_from_its_first_request(web: httpx.AsyncClient) -> None:
    await web.get("/healthz")
    for _ in range(50):
        if await in_thread(Liveness.objects.filter(part=upkeep.WEB).exists):
            return
        await asyncio.sleep(0.1)
    pytest.fail("no beat")


async def test_a_server_that_speaks_of_its_life_is_answered() -> None:
    said = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    answers: list[str] = []

    async def receive() -> Any:
        return next(said)

    async def send(message: Any) -> None:
        answers.append(message["type"])

    await asgi.application({"type": "lifespan"}, receive, send)
    assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_threads_are_kept_and_bounded() -> None:
    threads = Threads(2)
    used: list[int] = []
    loop = asyncio.get_running_loop()

    async def request() -> None:
        async with threads.one() as thread:
            used.append(await loop.run_in_executor(thread, threading.get_ident))

    for _ in range(4):
        await request()
    await asyncio.gather(*(request() for _ in range(20)))
    assert len(set(used)) <= 2


async def test_a_thread_that_still_works_for_somebody_who_left_is_given_to_nobody() -> None:
    threads = Threads(2)
    loop = asyncio.get_running_loop()
    async with threads.one() as thread:
        _ = loop.run_in_executor(thread, time.sleep, 1.0)  # its client leaves meanwhile
    began = time.monotonic()
    async with threads.one() as other:
        await loop.run_in_executor(other, int)
    assert time.monotonic() - began < 0.5
