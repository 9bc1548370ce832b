"""Jobs leave off the request: what is asked for reaches the bus, and a bus that is away or hung holds nobody up."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from celery import current_app
from django.db import transaction
from kombu import Connection

from inbox import jobs, offload
from inbox.bus import bus
from inbox.offload import Line
from tests.support.silent import silent_server


@pytest.fixture(autouse=True)
def empty_bus() -> Iterator[None]:
    bus().delete("ingest", "deliver")
    _forget_connection()
    with Connection(current_app.conf.broker_url) as connection:  # as a worker does when it starts
        for queue in current_app.amqp.queues.values():
            queue(connection.default_channel).declare()
    yield
    offload.drain(10)
    _forget_connection()
    bus().delete("ingest", "deliver")


def _forget_connection() -> None:
    jobs._bus._drop()


def waiting(queue: str) -> list[tuple[str, Any, str | None]]:
    """Name, arguments and request of the tasks in a queue, oldest first."""
    assert offload.drain(10)
    found = [json.loads(raw) for raw in reversed(bus().lrange(queue, 0, -1))]
    bus().delete(queue)
    return [_read(message) for message in found]


def _read(message: dict[str, Any]) -> tuple[str, Any, str | None]:
    headers = message["headers"]
    return headers["task"], json.loads(b64decode(message["body"]))[0], headers.get(jobs.REQUEST_ID)


def test_a_job_goes_to_its_queue_alone_with_the_request_that_asked_for_it() -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        jobs.enqueue_now(jobs.INGEST, [1, 2])
    jobs.enqueue_now(jobs.DELIVER, 3)
    assert waiting("ingest") == [(jobs.INGEST, [[1, 2]], "r1")]
    assert waiting("deliver") == [(jobs.DELIVER, [3], None)]


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_is_asked_for_once_it_has_committed() -> None:
    with transaction.atomic():
        jobs.enqueue(jobs.DELIVER, 1)
        assert waiting("deliver") == []
    with transaction.atomic():
        jobs.enqueue(jobs.DELIVER, 2)
        transaction.set_rollback(True)
    assert waiting("deliver") == [(jobs.DELIVER, [1], None)]


@pytest.mark.parametrize("state", ["refused", "hung"])
def test_a_bus_that_is_away_holds_nobody_up_and_is_used_again(state: str, settings: Any) -> None:
    there = settings.CELERY_BROKER_URL
    with silent_server() as port:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port if state == 'hung' else 9}/0"
        began = time.monotonic()
        for number in range(50):
            jobs.enqueue_now(jobs.INGEST, [number])
        assert time.monotonic() - began < 0.2
        assert offload.drain(10)
        assert time.monotonic() - began < 2  # one time-out for what waited together, not one for each
    settings.CELERY_BROKER_URL = there
    jobs.enqueue_now(jobs.INGEST, [99])
    assert waiting("ingest") == [(jobs.INGEST, [[99]], None)]


def test_the_bus_of_the_tests_is_not_somebody_elses(settings: Any) -> None:
    assert urlsplit(settings.CELERY_BROKER_URL).hostname == "127.0.0.1"


def test_a_line_keeps_its_order_and_hands_over_what_waits_together() -> None:
    batches: list[list[int]] = []
    gate = threading.Event()

    def work(batch: Sequence[int]) -> None:
        batches.append(list(batch))
        gate.wait(5)

    line = Line("test-order", work)
    line.put(0)
    while not batches:
        time.sleep(0.01)
    for number in range(1, 5):
        line.put(number)
    gate.set()
    assert line.drain(5)
    assert batches == [[0], [1, 2, 3, 4]]


def test_what_fails_does_not_stop_what_comes_after() -> None:
    done: list[int] = []

    def work(batch: Sequence[int]) -> None:
        if 1 in batch:
            raise ValueError
        done.extend(batch)

    line = Line("test-failing", work)
    line.put(1)
    assert line.drain(5)
    line.put(2)
    assert line.drain(5)
    assert done == [2]


def test_a_full_line_drops_and_so_it_does_with_what_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offload, "CAPACITY", 3)
    monkeypatch.setattr(offload, "STALE_AFTER_SECONDS", 0.2)
    done: list[int] = []
    gate = threading.Event()

    def work(batch: Sequence[int]) -> None:
        done.extend(batch)
        gate.wait(5)

    line = Line("test-full", work)
    line.put(0)
    while not done:
        time.sleep(0.01)
    for number in range(1, 10):
        line.put(number)  # three fit, and they are old before anybody looks at them
    time.sleep(0.3)
    gate.set()
    assert line.drain(5)
    assert done == [0]
    assert offload.dropped.labels("test-full", "full")._value.get() == 6
    assert offload.dropped.labels("test-full", "stale")._value.get() == 3
