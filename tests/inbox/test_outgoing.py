"""Slow calls to platforms never take all of a worker's threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from inbox.outgoing import Places

SECONDS = 10


def test_a_job_without_a_place_is_noted_and_done_when_one_is_free() -> None:
    places = Places(1)
    started, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def slow() -> None:
        started.set()
        assert go_on.wait(SECONDS)
        done.append("slow")

    with ThreadPoolExecutor() as pool:
        first = pool.submit(places.do, slow)
        assert started.wait(SECONDS)
        places.do(partial(done.append, "second"))  # comes back at once: its thread is free for what comes in
        assert done == []
        go_on.set()
        first.result(SECONDS)
    assert done == ["slow", "second"]


def test_what_fails_gives_its_place_back() -> None:
    places = Places(1)
    done: list[int] = []

    with pytest.raises(ZeroDivisionError):
        places.do(lambda: 1 // 0)
    places.do(partial(done.append, 1))
    assert done == [1]
