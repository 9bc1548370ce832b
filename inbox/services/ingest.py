"""From the journal to the inbox: parse an acknowledged push, store its events, each in a transaction of its own.

Running twice or out of order changes nothing. What is not understood becomes a dead letter; what fails because a store
is away stays as it is, for the sweep.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet

from inbox import jobs
from inbox.access import access_of
from inbox.models import Account, Hook, PullCursor, SeenEvent, User
from inbox.queries import sibling
from inbox.services.audit import record
from inbox.services.outside import fail_later, recall, see_outside
from inbox.services.receive import Received, enter, receive
from platforms import events
from platforms.base import Hook as Push
from platforms.errors import HookError, PayloadError
from platforms.registry import get_platform

log = structlog.get_logger(__name__)


class Place(Protocol):
    """What follows a stored word, in its transaction: routing's part."""

    def __call__(self, received: Received, *, now: datetime) -> object: ...


class NotForUs(PayloadError):
    """Addressed to an account that is not connected."""


def ingest(hook_ids: Iterable[int], *, place: Place, now: datetime) -> None:
    """Process these rows of the journal that are still new and that no other worker is at."""
    done: list[int] = []
    try:
        for hook in _claim(hook_ids, now=now):
            try:
                done += [hook.pk] if _process(hook, place=place, now=now) else []
            except (OperationalError, InterfaceError):
                raise  # a store is away: the row stays, the sweep comes back to it
            except Exception as error:  # the worker loop: a row that nobody foresaw must not stop its neighbours
                log.exception("hook.failed", hook=hook.pk)
                _try_again(hook, error, now=now)
    finally:
        _finish(done, Hook.State.DONE, now=now)  # together; should this get lost, they are stored again to no effect


def store(event: events.Event, *, account: Account, received_at: datetime, place: Place, now: datetime) -> None:
    """Store one event, in one transaction with what follows from it. NotForUs."""
    account = _addressee(event, account)
    with transaction.atomic():
        match event:
            case events.MessageReceived():
                received = receive(event, account=account, received_at=received_at, now=now)
                if received is not None:
                    place(received, now=now)
            case events.SessionEntered():
                enter(event, account=account, received_at=received_at, now=now)
            case events.ReplySeenOutside():
                see_outside(event, account=account, received_at=received_at, now=now)
            case events.MessageRecalled():
                recall(event, account=account, now=now)
            case events.ReplyFailedLater():
                fail_later(event, account=account, now=now)
            case events.Knock():
                _note_knock(account, event.token)


@transaction.atomic
def replay(hook: Hook, *, by: User, now: datetime) -> None:
    """Process a dead, held or done row once more, opened with today's secrets; what was stored is not stored again."""
    opened = bytes(hook.opened)
    with suppress(HookError):  # secrets that open it no more: what was opened then still stands
        opened = get_platform(hook.account.platform).open(_push(hook), access_of(hook.account))
    Hook.objects.filter(pk=hook.pk).update(
        state=Hook.State.NEW, reason="", attempts=0, processed_at=None, leased_until=None, opened=opened
    )
    record("hook.replay", actor=by, now=now, account=hook.account, hook=hook.pk)
    jobs.enqueue(jobs.INGEST, [hook.pk])


def release_held() -> int:
    """Pushes held for an account that is at work again, wherever they were when it resumed; how many."""
    held = Hook.objects.filter(state=Hook.State.HELD, account__state=Account.State.ACTIVE)
    return held.update(state=Hook.State.NEW, processed_at=None)


def left_behind(*, now: datetime, limit: int = 100) -> list[int]:
    """Acknowledged pushes that nobody has processed for a while, oldest first."""
    rows = Hook.objects.filter(state=Hook.State.NEW, received_at__lte=now - settings.HOOK_LEFT_AFTER)
    rows = rows.filter(_free(now))
    return list(rows.order_by("received_at").values_list("pk", flat=True)[:limit])


def drop_old(*, now: datetime, batch: int = 5000) -> int:
    """Forget processed pushes and event keys older than JOURNAL_KEPT, a batch at a time; how many pushes went."""
    horizon = now - settings.JOURNAL_KEPT
    pushes = Hook.objects.filter(state=Hook.State.DONE, processed_at__lt=horizon)
    _drop(SeenEvent.objects.filter(seen_at__lt=horizon - timedelta(days=1)), batch)
    return _drop(pushes, batch)


def _drop(rows: QuerySet[Any], batch: int) -> int:
    dropped = 0
    while True:
        gone: int = rows.model.objects.filter(pk__in=rows.values("pk")[:batch]).delete()[0]
        dropped += gone
        if gone < batch:
            return dropped


def _claim(hook_ids: Iterable[int], *, now: datetime) -> list[Hook]:
    """Those of the rows that are to be done, oldest first; a worker that dies keeps them for a lease only."""
    new = Hook.objects.filter(_free(now), pk__in=list(hook_ids), state=Hook.State.NEW)
    with transaction.atomic():
        mine = list(new.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Hook.objects.filter(pk__in=mine).update(leased_until=now + settings.HOOK_LEASE)
    return list(Hook.objects.filter(pk__in=mine).select_related("account").order_by("pk"))


def _free(now: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=now)


def _process(hook: Hook, *, place: Place, now: datetime) -> bool:
    """Whether all that is in it is stored; a row for which it is not is finished here."""
    account = hook.account
    if account.state == Account.State.PAUSED:
        _finish([hook.pk], Hook.State.HELD, now=now)
        return False
    if account.state == Account.State.REMOVED:
        _finish([hook.pk], Hook.State.DEAD, "the account was removed", now=now)
        return False
    try:
        found = get_platform(account.platform).parse(_push(hook))
    except PayloadError as error:
        _finish([hook.pk], Hook.State.DEAD, str(error), now=now)
        return False
    reasons = [reason for event in found if (reason := _store_one(event, hook, place=place, now=now))]
    if reasons:
        _finish([hook.pk], Hook.State.DEAD, "; ".join(reasons), now=now)
    return not reasons


def _store_one(event: events.Event, hook: Hook, *, place: Place, now: datetime) -> str:
    """ "" when stored, else why not: a poison event does not touch its neighbours."""
    try:
        store(event, account=hook.account, received_at=hook.received_at, place=place, now=now)
    except NotForUs as error:
        return str(error)
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as error:
        log.warning("event.refused", hook=hook.pk, error=type(error).__name__)  # its text holds what was said
        return f"the database refused it: {type(error).__name__}"
    return ""


def _addressee(event: events.Event, account: Account) -> Account:
    if not event.recipient or not account.address or event.recipient == account.address:
        return account
    other = sibling(account, event.recipient)
    if other is None:
        raise NotForUs(f"addressed to {event.recipient}, which is not connected")
    if other.state == Account.State.PAUSED:
        raise NotForUs(f"addressed to {event.recipient}, which is paused")
    return other


def _push(hook: Hook) -> Push:
    return Push(
        path=hook.path,
        headers=hook.headers,
        query=hook.query,
        body=bytes(hook.body),
        opened=bytes(hook.opened),
        received_at=hook.received_at,
    )


def _finish(hook_ids: Sequence[int], state: Hook.State, reason: str = "", *, now: datetime) -> None:
    rows = Hook.objects.filter(pk__in=hook_ids, state=Hook.State.NEW)
    rows.update(state=state, reason=reason[:500], processed_at=now, attempts=F("attempts") + 1)


def _try_again(hook: Hook, error: Exception, *, now: datetime) -> None:
    if hook.attempts + 1 >= settings.HOOK_TRIES:
        _finish([hook.pk], Hook.State.DEAD, f"failed {hook.attempts + 1} times: {type(error).__name__}", now=now)
    else:
        Hook.objects.filter(pk=hook.pk).update(attempts=F("attempts") + 1, leased_until=None)


def _note_knock(account: Account, token: str) -> None:
    PullCursor.objects.get_or_create(account=account)
    PullCursor.objects.filter(account=account).update(knocked=True, knock=token)
    jobs.enqueue(jobs.PULL, account.pk)
