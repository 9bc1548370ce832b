"""The names of the tasks, so that a service can ask for one without importing upward.

A job is a hint: every one of them is also found by a sweep, should the bus lose it.
"""

from __future__ import annotations

from functools import partial

from celery import current_app
from django.db import transaction

from inbox import offload

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


def enqueue(name: str, *args: object) -> None:
    """Have the task done once the transaction has committed; at once where there is none."""
    transaction.on_commit(partial(offload.run, partial(_send, name, args)), robust=True)


def enqueue_now(name: str, *args: object) -> None:
    """Have the task done; for callers outside Django's transactions."""
    offload.run(partial(_send, name, args))


def _send(name: str, args: tuple[object, ...]) -> None:
    current_app.send_task(name, args=args, queue=QUEUES[name], retry=False, ignore_result=True)
