"""The token store: one fetch for everybody, and a new one when it is needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from inbox import tokens
from inbox.bus import bus
from inbox.tokens import RedisTokenStore
from platforms.base import Token
from platforms.errors import AccountMisconfigured, NotTaken

SECRETS = {"app_id": "wx1", "app_secret": "s1"}
HOURS = timedelta(hours=2)


class Source:
    """A platform that gives a new token each time it is asked."""

    def __init__(self, *, lasts: timedelta = HOURS, takes: float = 0.0, same: bool = False) -> None:
        self.lasts, self.takes, self.same = lasts, takes, same
        self.asked = 0
        self._lock = threading.Lock()

    def __call__(self) -> Token:
        with self._lock:
            self.asked += 1
            number = 1 if self.same else self.asked
        time.sleep(self.takes)
        return Token(f"token-{number}", self.lasts)


@pytest.fixture
def store() -> RedisTokenStore:
    return RedisTokenStore(1, SECRETS)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    bus().delete(*bus().keys("onequeue:token:*"), "nothing")
    yield
    bus().delete(*bus().keys("onequeue:token:*"), "nothing")


def test_a_token_is_fetched_once_for_all_processes(store: RedisTokenStore) -> None:
    source = Source()
    assert [store.get(source), store.get(source)] == ["token-1", "token-1"]
    assert RedisTokenStore(1, SECRETS).get(source) == "token-1"
    assert source.asked == 1


def test_another_account_or_another_secret_has_another_token(store: RedisTokenStore) -> None:
    source = Source()
    store.get(source)
    assert RedisTokenStore(2, SECRETS).get(source) == "token-2"
    assert RedisTokenStore(1, {**SECRETS, "app_secret": "s2"}).get(source) == "token-3"


def test_the_value_cannot_be_read_in_redis(store: RedisTokenStore) -> None:
    store.get(Source())
    kept = [bus().get(key) or b"" for key in bus().keys("onequeue:token:*")]
    assert len(kept) == 1
    assert b"token-1" not in kept[0]


def test_fifty_who_find_it_stale_at_once_fetch_one(store: RedisTokenStore) -> None:
    source = Source(takes=0.3)
    first = store.get(source)
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _: store.get(source, stale=first), range(50)))
    assert (set(found), source.asked) == ({"token-2"}, 2)


def test_fifty_who_find_none_at_once_fetch_one(store: RedisTokenStore) -> None:
    source = Source(takes=0.3)
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _: store.get(source), range(50)))
    assert (set(found), source.asked) == ({"token-1"}, 1)


def test_who_waited_takes_the_same_token_again_if_that_is_what_the_platform_gave(store: RedisTokenStore) -> None:
    source = Source(takes=0.3, same=True)
    first = store.get(source)
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: store.get(source, stale=first), range(10)))
    assert (set(found), source.asked) == ({"token-1"}, 2)


def test_what_somebody_fetched_between_the_look_and_the_turn_is_taken(
    store: RedisTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source()

    @contextmanager
    def late_turn() -> Iterator[bool]:
        RedisTokenStore(1, SECRETS).get(source)
        yield True

    monkeypatch.setattr(store, "_turn", late_turn)
    assert (store.get(source), source.asked) == ("token-1", 1)


def test_a_stale_token_that_was_replaced_meanwhile_costs_no_fetch(store: RedisTokenStore) -> None:
    source = Source()
    first = store.get(source)
    assert [store.get(source, stale=first), store.get(source, stale=first)] == ["token-2", "token-2"]
    assert source.asked == 2


@pytest.mark.parametrize(("lasts", "fetched"), [(timedelta(seconds=2), 2), (timedelta(hours=2), 1)])
def test_a_token_near_its_end_is_renewed(lasts: timedelta, fetched: int, store: RedisTokenStore) -> None:
    source = Source(lasts=lasts)
    store.get(source)
    time.sleep(1.7)  # in the last fifth of two seconds
    store.get(source)
    assert source.asked == fetched


def test_the_last_ten_minutes_of_a_long_token_are_its_end(store: RedisTokenStore) -> None:
    source = Source()
    store.get(source)
    [key] = bus().keys("onequeue:token:*")
    bus().expire(key, 601)
    assert store.get(source) == "token-1"
    bus().expire(key, 599)
    assert store.get(source) == "token-2"


def test_nobody_waits_for_a_renewal_while_the_old_one_is_good(store: RedisTokenStore) -> None:
    store.get(Source(lasts=timedelta(seconds=10)))
    [key] = bus().keys("onequeue:token:*")
    bus().pexpire(key, 1_900)
    slow = Source(takes=1.0)
    with ThreadPoolExecutor(2) as pool:
        renewing = pool.submit(store.get, slow)
        time.sleep(0.3)
        began = time.monotonic()
        assert store.get(slow) == "token-1"
        assert time.monotonic() - began < 0.5
        renewing.result()
    assert slow.asked == 1


def test_a_refused_fetch_is_the_callers_and_the_next_one_may_try(store: RedisTokenStore) -> None:
    def refused() -> Token:
        raise AccountMisconfigured("wrong secret")

    with pytest.raises(AccountMisconfigured):
        store.get(refused)
    assert store.get(Source()) == "token-1"


def test_a_process_that_died_while_fetching_holds_nobody_up_for_long(
    store: RedisTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "FETCH_LASTS_SECONDS", 0.5)
    assert bus().lock(f"{store._key}:turn", timeout=0.5).acquire()
    assert store.get(Source()) == "token-1"


def test_a_fetch_that_takes_too_long_is_not_waited_for(store: RedisTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "WAIT_SECONDS", 0.2)
    assert bus().lock(f"{store._key}:turn", timeout=5).acquire()
    with pytest.raises(NotTaken):
        store.get(Source())


def test_without_redis_nothing_is_sent(store: RedisTokenStore, settings: Any) -> None:
    source, there = Source(), settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    bus.cache_clear()
    try:
        with pytest.raises(NotTaken):
            store.get(source)
    finally:
        settings.REDIS_URL = there
        bus.cache_clear()
    assert source.asked == 0


def test_a_value_under_a_lost_key_counts_as_none(store: RedisTokenStore) -> None:
    bus().set(store._key, "not encrypted by us")
    assert store.get(Source()) == "token-1"
