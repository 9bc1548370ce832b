"""The gateway's promise: acknowledged after the commit and never before, whatever happens to the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.db import connections

from inbox import direct, jobs
from inbox import journal as writing
from inbox.models import Account, Hook
from inbox.threads import in_thread
from tests.inbox.pushes import Platform, a_platform, a_shop, change, journal, texts
from tests.support.proxy import Proxy, proxied

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 3600.0
REAL_CONNINFO = direct._conninfo


@pytest.fixture
def shop() -> Account:
    return a_shop()


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The jobs asked for."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(jobs, "enqueue_now", lambda *job: asked.append(job))
    return asked


@pytest.fixture
async def platform(enqueued: list[tuple[Any, ...]], settings: Any) -> AsyncIterator[Platform]:
    settings.ACCOUNT_CACHED = timedelta(seconds=LONG)  # so that only the journal's connection is looked at
    async with a_platform() as platform:
        yield platform


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """In front of PostgreSQL, for the gateway alone."""
    given = connections["default"].settings_dict
    real = direct._conninfo
    async with proxied(given["HOST"], int(given["PORT"])) as proxy:
        parts = psycopg.conninfo.make_conninfo
        monkeypatch.setattr(direct, "_conninfo", lambda name: parts(real(name), host="127.0.0.1", port=proxy.port))
        yield proxy


@contextmanager
def nobody_writes() -> Iterator[None]:
    """The journal's table is locked by somebody else."""
    with psycopg.connect(direct._conninfo("test")) as other:
        other.execute("LOCK TABLE inbox_hook IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def end_connections(name: str) -> int:
    """As a restart of PostgreSQL does; how many."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(direct._conninfo("test"), autocommit=True) as other:
        return len(other.execute(query, [f"onequeue {name}"]).fetchall())


async def test_nothing_is_acknowledged_before_it_is_written(shop: Account, platform: Platform) -> None:
    await platform.push(shop, "first", number=1)
    with nobody_writes():
        push = asyncio.ensure_future(platform.push(shop, "second", number=2))
        await asyncio.sleep(0.5)
        assert not push.done()
    assert (await push).status_code == 200
    assert texts(await journal()) == ["first", "second"]


async def test_what_cannot_be_written_in_time_is_not_acknowledged(
    shop: Account, platform: Platform, settings: Any
) -> None:
    settings.GATEWAY_WAITS = timedelta(seconds=0.5)
    await platform.push(shop, "first", number=1)
    with nobody_writes():
        began = time.monotonic()
        answer = await platform.push(shop, "second", number=2)
        assert time.monotonic() - began < 3
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await platform.push(shop, "third", number=3)).status_code == 200


async def test_pushes_at_the_same_time_share_a_transaction(
    shop: Account, platform: Platform, enqueued: list[tuple[Any, ...]]
) -> None:
    await platform.push(shop, "0", number=0)
    answers = await asyncio.gather(*(platform.push(shop, str(n), number=n) for n in range(1, 101)))
    assert {answer.status_code for answer in answers} == {200}
    hooks = await journal()
    assert sorted(texts(hooks), key=int) == [str(n) for n in range(101)]
    assert sorted(pk for _, ids in enqueued for pk in ids) == [hook.pk for hook in hooks]
    assert len(enqueued) < 20


async def test_a_push_that_cannot_be_stored_spoils_nobody_elses(shop: Account, platform: Platform) -> None:
    gone = await in_thread(a_shop, "gone")
    await platform.push(shop, "0", number=0)
    await platform.push(gone, "0", number=0)
    await in_thread(_delete, gone)
    pushes = [platform.push(gone if n == 5 else shop, str(n), number=n) for n in range(1, 11)]
    answers = await asyncio.gather(*pushes)
    assert [answer.status_code for answer in answers] == [200] * 4 + [503] + [200] * 5
    assert sorted(texts(await journal()), key=int) == ["0", "1", "2", "3", "4", "6", "7", "8", "9", "10"]


def _delete(account: Account) -> None:
    Hook.objects.filter(account=account).delete()
    account.delete()


async def test_a_connection_that_ended_while_idle_costs_nobody_a_push(shop: Account, platform: Platform) -> None:
    await platform.push(shop, "before", number=1)
    assert await asyncio.to_thread(end_connections, "journal") == 1
    assert (await platform.push(shop, "after", number=2)).status_code == 200
    assert texts(await journal()) == ["before", "after"]


async def test_a_database_that_refuses_is_told_and_used_again_when_it_is_back(
    shop: Account, platform: Platform, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await platform.push(shop, "before", number=1)
    with monkeypatch.context() as away:
        nowhere = psycopg.conninfo.make_conninfo(host="127.0.0.1", port=9, dbname="none")
        away.setattr(direct, "_conninfo", lambda name: nowhere)
        proxy.break_off()
        answer = await platform.push(shop, "while", number=2)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await platform.push(shop, "after", number=3)).status_code == 200
    assert texts(await journal()) == ["before", "after"]


async def test_a_database_that_hangs_is_given_up_in_time_and_used_again_when_it_answers(
    shop: Account, platform: Platform, proxy: Proxy, settings: Any
) -> None:
    settings.GATEWAY_WAITS = timedelta(seconds=1)
    await platform.push(shop, "before", number=1)
    proxy.hang()
    began = time.monotonic()
    answers = await asyncio.gather(*(platform.push(shop, "while", number=n) for n in range(10, 40)))
    assert {answer.status_code for answer in answers} == {503}
    assert time.monotonic() - began < 4
    assert (await platform.push(shop, "still", number=50)).status_code == 503  # connecting hangs, too
    proxy.break_off()
    proxy.go_on()
    assert (await platform.push(shop, "after", number=60)).status_code == 200


async def test_a_connection_that_hangs_is_left_for_another_one(
    shop: Account, platform: Platform, proxy: Proxy, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall that forgot it says nothing, for ever."""
    settings.GATEWAY_WAITS = timedelta(seconds=0.5)
    await platform.push(shop, "before", number=1)
    proxy.hang()
    monkeypatch.setattr(direct, "_conninfo", REAL_CONNINFO)
    assert (await platform.push(shop, "while", number=2)).status_code == 503
    await asyncio.sleep(0.3)
    assert (await platform.push(shop, "after", number=3)).status_code == 200
    assert "after" in texts(await journal())


async def test_who_waits_behind_others_waits_no_longer_than_they(
    shop: Account, platform: Platform, settings: Any
) -> None:
    settings.GATEWAY_WAITS = timedelta(seconds=2)
    await platform.push(shop, "before", number=1)
    with nobody_writes():
        first = asyncio.ensure_future(platform.push(shop, "first", number=2))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        assert (await platform.push(shop, "second", number=3)).status_code == 503
        assert time.monotonic() - began < 3.2  # not until the second batch is given up
    assert (await first).status_code == 503


async def test_an_account_is_not_waited_for_longer_than_the_journal(
    shop: Account, platform: Platform, proxy: Proxy, settings: Any
) -> None:
    settings.GATEWAY_WAITS = timedelta(seconds=0.5)
    proxy.hang()
    began = time.monotonic()
    assert (await platform.push(shop)).status_code == 503
    assert time.monotonic() - began < 3


async def test_a_commit_whose_answer_is_lost_is_not_acknowledged_but_kept(
    shop: Account, platform: Platform, proxy: Proxy, settings: Any
) -> None:
    settings.GATEWAY_WAITS = timedelta(seconds=0.5)
    await platform.push(shop, "before", number=1)
    proxy.speaks.clear()  # it hears the INSERT, and its answer never comes
    answer = await platform.push(shop, "unsure", number=2)
    proxy.break_off()
    proxy.go_on()
    assert answer.status_code == 503
    assert (await platform.push(shop, "unsure", number=2)).status_code == 200  # the platform pushes again
    assert texts(await journal()) == ["before", "unsure", "unsure"]


async def test_too_many_waiting_pushes_are_turned_away(
    shop: Account, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LINE_HOOKS", 3)
    with nobody_writes():
        pushes = [asyncio.ensure_future(platform.push(shop, str(n), number=n)) for n in range(6)]
        done, _ = await asyncio.wait(pushes, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        assert [push.result().status_code for push in done][:1] == [503]
    answers = sorted([push.status_code for push in await asyncio.gather(*pushes)])
    assert answers[:3] == [200, 200, 200]
    assert answers[-1] == 503
    assert len(await journal()) == answers.count(200)


async def test_a_bus_that_is_away_keeps_nothing_from_being_acknowledged(
    shop: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configured._wrapped, "CELERY_BROKER_URL", "redis://127.0.0.1:9/0")
    async with a_platform() as platform:
        began = time.monotonic()
        assert (await platform.push(shop)).status_code == 200
        assert time.monotonic() - began < 2
    assert [hook.state for hook in await journal()] == [Hook.State.NEW]
    await change(shop, name="unchanged")
