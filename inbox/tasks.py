"""Work in the background: primary keys in, a service called, nothing returned. Every task may run twice, at once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from inbox import jobs
from inbox.access import access_of
from inbox.models import Account, Conversation
from inbox.outgoing import places
from inbox.services import deliver as delivery
from inbox.services import ingest as journal
from inbox.services import media as files
from inbox.services import pull as pulling
from inbox.services.accounts import end_of_removed
from inbox.services.liveness import beat as beat_now
from inbox.services.settle import settle
from inbox.services.typing import show_typing
from platforms.base import Receipt
from platforms.errors import SendError
from routing.services.place import place

AGAIN_SECONDS = 0.3  # until the database is asked once more


@shared_task(name=jobs.INGEST)
def ingest(hook_ids: list[int]) -> None:
    """Process acknowledged pushes."""
    journal.ingest(hook_ids, place=place, now=timezone.now())


@shared_task(name=jobs.PULL)
def pull(account_id: int) -> None:
    """Read on at a platform that only knocks."""
    account = Account.objects.get(pk=account_id)
    pulling.pull(account, access=access_of(account), place=place, now=timezone.now())


@shared_task(name=jobs.DELIVER)
def deliver(customer_id: int) -> None:
    """Hand over what stands in a customer's line."""
    places.do(partial(_deliver, customer_id))


@shared_task(name=jobs.FETCH_MEDIA)
def fetch_media(media_id: int) -> None:
    """Copy a customer's file to our storage."""
    places.do(partial(_fetch, media_id))


@shared_task(name=jobs.TYPING)
def typing(conversation_id: int, on: bool) -> None:
    """Show the customer that somebody is typing."""
    conversation = Conversation.objects.select_related("account", "customer").get(pk=conversation_id)
    places.do(partial(show_typing, conversation, on=on, access=access_of(conversation.account)))


@shared_task(name=jobs.SWEEP_HOOKS)
def sweep_hooks() -> None:
    """What a dead worker or a lost job left in the journal, and knocks nobody answered."""
    now = timezone.now()
    journal.release_held()
    left = journal.left_behind(now=now)
    if left:
        journal.ingest(left, place=place, now=now)
    _enqueue_each(jobs.PULL, pulling.left_behind(now=now))


@shared_task(name=jobs.SWEEP_REPLIES)
def sweep_replies() -> None:
    """Replies that are due, or whose worker died."""
    _enqueue_each(jobs.DELIVER, delivery.left_behind(now=timezone.now()))


@shared_task(name=jobs.SWEEP_MEDIA)
def sweep_media() -> None:
    """Files still to be fetched."""
    _enqueue_each(jobs.FETCH_MEDIA, files.left_behind(now=timezone.now()))


@shared_task(name=jobs.SWEEP_JOURNAL)
def sweep_journal() -> None:
    """Forget old pushes and event keys; finish what was begun with removed accounts."""
    now = timezone.now()
    journal.drop_old(now=now)
    end_of_removed(now=now)


@shared_task(name=jobs.BEAT)
def beat() -> None:
    """A worker is alive."""
    beat_now("worker", now=timezone.now())


def _deliver(customer_id: int) -> None:
    """One after the other; then the free place is passed on within the account."""
    last: Account | None = None
    while attempt := delivery.claim(customer_id, now=timezone.now()):
        _write_down(attempt, delivery.hand_over(attempt, access=access_of(attempt.account)))
        last = attempt.account
    waiting = delivery.next_waiting(last, now=timezone.now()) if last else None
    if waiting is not None:
        jobs.enqueue(jobs.DELIVER, waiting)


def _fetch(media_id: int) -> None:
    media = files.claim(media_id, now=timezone.now())
    if media is not None:
        files.fetch(media, access=access_of(media.account), now=timezone.now())


def _write_down(attempt: delivery.Attempt, outcome: Receipt | SendError) -> None:
    """Settle it; while the database is away again and again for as long as a lease: only we know what was answered."""
    now, ends_at = timezone.now(), time.monotonic() + settings.SEND_LEASE.total_seconds()
    while True:
        try:
            settle(attempt.message, attempt=attempt.number, key=attempt.key, outcome=outcome, now=now)
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > ends_at:
                raise
        close_old_connections()
        time.sleep(AGAIN_SECONDS)


def _enqueue_each(name: str, keys: Iterable[int]) -> None:
    for key in keys:
        jobs.enqueue(name, key)
