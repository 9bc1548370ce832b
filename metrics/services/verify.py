"""Proof that rounds are what messages tell, and rollups what rounds add up to. Reads only.

Conversations are taken in batches, hours in days, each in a snapshot of its own: what happens meanwhile disturbs
nothing, and memory stays flat however long the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from inbox.models import Account, Conversation, RoundChange
from metrics import figures
from metrics.models import Rollup
from metrics.services import rollups, told
from metrics.services.difference import Difference

ADDED = (*figures.stored(own=False), "capped_wait")


@dataclass(slots=True)
class Report:
    """What was looked at so far. `waiting` are hours whose changes are yet to be added up; they are not judged."""

    conversations: int = 0
    rounds: int = 0
    rollups: int = 0
    waiting: int = 0
    differences: int = 0


def verify(report: Report, *, batch: int = 500, progress: Callable[[], None] = lambda: None) -> Iterator[Difference]:
    """Yield every difference; `report` is kept, and `progress` called after each batch."""
    for found in _steps(report, batch=batch):
        report.differences += len(found)
        yield from found
        progress()


def _steps(report: Report, *, batch: int) -> Iterator[list[Difference]]:
    for conversations in _batches(batch):
        yield _rounds_of(conversations, report)
    for account in Account.objects.order_by("pk").values_list("pk", flat=True):
        for starts in rollups.spans(account):
            yield _rollups_of(account, starts, report)


def _batches(size: int) -> Iterator[list[int]]:
    """The conversations there are at the start, by id."""
    last, newest = 0, Conversation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    while last < newest:
        later = Conversation.objects.filter(pk__gt=last, pk__lte=newest).order_by("pk")
        batch = list(later.values_list("pk", flat=True)[:size])
        if not batch:
            return
        last = batch[-1]
        yield batch


def _rounds_of(conversations: list[int], report: Report) -> list[Difference]:
    with _snapshot():
        histories = told.histories(conversations)
    report.conversations += len(histories)
    report.rounds += sum(len(history.rows) for history in histories.values())
    return [found for pk, history in histories.items() for found in told.differences(pk, history)]


def _rollups_of(account: int, starts: datetime, report: Report) -> list[Difference]:
    period = {"hour__gte": starts, "hour__lt": starts + rollups.HOUR * rollups.SPAN}
    with _snapshot():
        changes = RoundChange.objects.filter(account=account, **period)
        waiting = {rollups.whole_hour(hour) for hour in changes.values_list("hour", flat=True)}
        must = _by_place(rollups.added_up(account, starts, period["hour__lt"]))
        stored = _by_place(Rollup.objects.filter(account=account, **period))
    report.waiting += len(waiting)
    report.rollups += len(stored)
    places = sorted({*must, *stored}, key=lambda place: (place[1], place[0] or 0))
    return [
        found
        for agent, hour in places
        if hour not in waiting
        for found in _compared(account, (agent, hour), must.get((agent, hour)), stored.get((agent, hour)))
    ]


def _compared(
    account: int, place: tuple[int | None, datetime], must: Rollup | None, stored: Rollup | None
) -> Iterator[Difference]:
    at = {"account": account, "agent": place[0], "hour": place[1]}
    if must is None or stored is None:
        yield Difference(at, "rounds", must and must.rounds, stored and stored.rounds)
        return
    for name in ADDED:
        expected, found = getattr(must, name), getattr(stored, name)
        if expected != found:
            yield Difference(at, name, expected, found)


def _by_place(rows: Iterable[Rollup]) -> dict[tuple[int | None, datetime], Rollup]:
    return {(row.agent_id, row.hour): row for row in rows}


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view of everything; inside somebody's transaction, theirs."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
