"""Figures from what was added up, so that a long period costs what its hours cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Trunc

from inbox.models import Account, User
from metrics import definitions, figures
from metrics.queries.scope import Scope, narrow


def totals(
    accounts: QuerySet[Account], *, from_: datetime, to: datetime, now: datetime, agent: User | None = None
) -> dict[str, Any]:
    """Counts and rates of the hours that start in the period: what `summary` says, once all is added up."""
    scope = Scope(accounts=narrow(accounts), from_=from_, to=to, agent=agent)
    waiting = scope.open_rounds().aggregate(**figures.counts(figures.momentary(now=now)))
    return _presented(figures.read({**scope.rollups().aggregate(**figures.sums()), **waiting}))


def hours(
    accounts: QuerySet[Account], *, from_: datetime, to: datetime, now: datetime, agent: User | None = None
) -> list[dict[str, Any]]:
    """The same for each hour in which anything was asked, in order, with its `hour`."""
    scope = Scope(accounts=narrow(accounts), from_=from_, to=to, agent=agent)
    added = _by_hour(scope.rollups().values("hour").annotate(**figures.sums()))
    momentary = figures.momentary(now=now)
    started = scope.open_rounds().annotate(hour=Trunc("started_at", "hour", tzinfo=UTC)).values("hour")
    waiting = _by_hour(started.order_by().annotate(**figures.counts(momentary)))
    nothing = {**dict.fromkeys(figures.stored(own=False), 0), "capped_wait": timedelta()}
    nobody = dict.fromkeys(momentary, 0)
    return [
        {"hour": hour, **_presented({**added.get(hour, nothing), **waiting.get(hour, nobody)})}
        for hour in sorted({*added, *waiting})
    ]


def _by_hour(rows: Iterable[Any]) -> dict[datetime, dict[str, Any]]:
    return {row["hour"]: figures.read(row) for row in rows}


def _presented(counted: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: counted[name] for name in definitions.ADDED_UP}, **figures.rates(counted)}
