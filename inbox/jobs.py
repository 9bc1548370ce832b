"""The names of the tasks, so that a service can ask for one without importing upward.

A job is a hint: every one of them is also found by a sweep, should the bus lose it. So it is put on the bus by a
background thread, with short time-outs and without a second try.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import Connection, Producer
from kombu.exceptions import OperationalError
from prometheus_client import Counter

from inbox import offload

log = structlog.get_logger(__name__)
lost = Counter("onequeue_jobs_lost_total", "Jobs the bus did not take; a sweep finds them", ["job"])

INGEST = "inbox.ingest"  # hook ids
PULL = "inbox.pull"  # account id, knock token
DELIVER = "inbox.deliver"  # customer id
FETCH_MEDIA = "inbox.fetch_media"  # media id
TYPING = "inbox.typing"  # conversation id, on
SWEEP_HOOKS = "inbox.sweep_hooks"
SWEEP_REPLIES = "inbox.sweep_replies"
SWEEP_MEDIA = "inbox.sweep_media"
SWEEP_JOURNAL = "inbox.sweep_journal"
BEAT = "inbox.beat"
SWEEP_QUEUE = "routing.sweep_queue"
ADD_UP = "metrics.add_up"

QUEUES = {
    INGEST: "ingest",
    PULL: "ingest",
    DELIVER: "deliver",
    FETCH_MEDIA: "deliver",
    TYPING: "deliver",
    SWEEP_HOOKS: "ingest",
    SWEEP_REPLIES: "deliver",
    SWEEP_MEDIA: "deliver",
    SWEEP_JOURNAL: "ingest",
    BEAT: "ingest",
    SWEEP_QUEUE: "ingest",
    ADD_UP: "ingest",
}
REQUEST_ID = "request_id"  # the header that carries a request's id into the task's log


class Job(NamedTuple):
    """A task to be done, and the request that asked for it ("" for none)."""

    name: str
    args: tuple[object, ...]
    request_id: str


def enqueue(name: str, *args: object) -> None:
    """Have the task done once the transaction has committed; at once where there is none."""
    transaction.on_commit(partial(enqueue_now, name, *args), robust=True)


def enqueue_now(name: str, *args: object) -> None:
    """Have the task done; for callers outside Django's transactions."""
    request_id = structlog.contextvars.get_contextvars().get(REQUEST_ID, "")
    _line.put(Job(name, args, request_id))


class _Bus:
    """The line's own connection to the broker, made when needed and dropped after any fault.

    Celery's pool retries a refused connection for seconds and waits a minute for a hung one.
    """

    def __init__(self) -> None:
        self._producer: Producer | None = None

    def send(self, jobs: Sequence[Job]) -> None:
        for at, job in enumerate(jobs):
            try:
                self._send(job)
            except OperationalError as error:
                self._drop()
                _lose(jobs[at:], error)
                return

    def _send(self, job: Job) -> None:
        if self._producer is None:
            self._producer = Producer(_connection(), auto_declare=False)
        current_app.send_task(
            job.name,
            args=job.args,
            queue=QUEUES[job.name],
            headers={REQUEST_ID: job.request_id} if job.request_id else None,
            producer=self._producer,
            retry=False,
            ignore_result=True,
        )

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None and producer.connection is not None:
            producer.connection.release()


def _connection() -> Connection:
    wait = settings.BUS_TIMEOUT.total_seconds()
    options: dict[str, Any] = {"socket_timeout": wait, "socket_connect_timeout": wait, "max_retries": 0}
    return Connection(settings.CELERY_BROKER_URL, connect_timeout=wait, transport_options=options)


def _lose(jobs: Sequence[Job], error: Exception) -> None:
    for job in jobs:
        lost.labels(job.name).inc()
    log.warning("jobs.lost", count=len(jobs), error=type(error).__name__)


_bus = _Bus()
_line = offload.Line("jobs", _bus.send)
