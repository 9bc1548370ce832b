"""Adding rounds up by account, agent and hour, as `inbox` says which hours have changed.

A change is committed with the round it tells of, so whoever sees it sees the round. An hour is always added up
whole, under a lock of its own and from a snapshot taken after the lock, so that of two who do it at once the later
knows all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Trunc

from inbox.models import Account, Round, RoundChange
from metrics import figures
from metrics.models import Rollup

HOUR = timedelta(hours=1)
SPAN = 24  # hours added up anew in one transaction


@transaction.atomic
def add_up(*, limit: int = 500) -> int:
    """Add up the hours of at most `limit` changes and forget these; how many there were.

    Changes that another run holds are left to it.
    """
    waiting = RoundChange.objects.select_for_update(skip_locked=True).order_by("pk")[:limit]
    changes = list(waiting.values_list("pk", "account_id", "hour"))
    touched = sorted({(account, whole_hour(hour)) for _, account, hour in changes})
    _lock(touched)
    for account, hour in touched:
        _replace(account, hour, hour + HOUR)
    RoundChange.objects.filter(pk__in=[pk for pk, _, _ in changes]).delete()
    return len(changes)


def rebuild() -> Iterator[tuple[int, datetime]]:
    """Add up everything anew, a day of one account at a time; yields each day done."""
    for account in Account.objects.order_by("pk").values_list("pk", flat=True):
        for starts in spans(account):
            with transaction.atomic():
                _lock((account, starts + HOUR * number) for number in range(SPAN))
                _replace(account, starts, starts + HOUR * SPAN)
            yield account, starts


def spans(account: int) -> Iterator[datetime]:
    """The starts of the days in which this account has rounds or rollups."""
    asked = Round.objects.filter(account=account).aggregate(first=Min("started_at"), last=Max("started_at"))
    added = Rollup.objects.filter(account=account).aggregate(first=Min("hour"), last=Max("hour"))
    ends = [at for at in (*asked.values(), *added.values()) if at is not None]
    if not ends:
        return
    at = whole_hour(min(ends))
    while at <= max(ends):
        yield at
        at += HOUR * SPAN


def added_up(account: int, starts: datetime, ends: datetime) -> list[Rollup]:
    """What the rollups of these whole hours must be, worked out from rounds."""
    rounds = Round.objects.filter(account=account, started_at__gte=starts, started_at__lt=ends)
    rows = (*_sums(rounds, own=False), *_sums(rounds.exclude(agent=None), "agent_id", own=True))
    return [Rollup(account_id=account, **row) for row in rows]


def _sums(rounds: QuerySet[Round], *by: str, own: bool) -> list[dict[str, Any]]:
    hour = Trunc("started_at", "hour", tzinfo=UTC)
    grouped = figures.counting(rounds, own=own).annotate(hour=hour).order_by().values("hour", *by)
    counts = figures.counts(figures.stored(own=own))
    return [figures.read(row) for row in grouped.annotate(**counts, capped_wait=figures.capped_wait(own=own))]


def _replace(account: int, starts: datetime, ends: datetime) -> None:
    Rollup.objects.filter(account=account, hour__gte=starts, hour__lt=ends).delete()
    Rollup.objects.bulk_create(added_up(account, starts, ends))


def _lock(hours: Iterable[tuple[int, datetime]]) -> None:
    """Hold these hours until the transaction ends; everybody takes them in the same order."""
    keys = [f"rollup {account} {hour.isoformat()}" for account, hour in hours]
    with connection.cursor() as cursor:
        cursor.executemany("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [(key,) for key in keys])


def whole_hour(at: datetime) -> datetime:
    """The start of its hour."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
