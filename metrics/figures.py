"""What each figure counts: conditions on rounds, for sums, rollups and drill-down alike (domain.md §5).

There are two clocks. The account's counts the customer's wait. The agent's own (`own=True`) starts when both
the message and the agent were there, and leaves out rounds that arrived late or whose first reply failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest, Least

from inbox.models import Round

WITHIN_30S = timedelta(seconds=30)
WITHIN_3M = timedelta(seconds=180)
CAP = timedelta(seconds=600)

ANSWERED = Q(state__in=[Round.State.ANSWERED, Round.State.OUTSIDE])
FLAGGED = Q(arrived_late=True) | Q(reply_failed=True)
FIRST = Q(is_first=True)

_OF = "n_"


def counting(rounds: QuerySet[Round], *, own: bool) -> QuerySet[Round]:
    """The rounds that are in the figures at all, each with its `wait` by this clock."""
    starts_at = Greatest("accepted_at", "received_at") if own else F("started_at")
    known = rounds.exclude(state=Round.State.WITHDRAWN).alias(starts_at=starts_at)
    return known.annotate(wait=ExpressionWrapper(F("ended_at") - F("starts_at"), output_field=DurationField()))


def stored(*, own: bool) -> dict[str, Q]:
    """What the counts of a rollup count; each holds or not whatever the time."""
    counted = Q(in_hours=True) & (~FLAGGED if own else Q())
    answered = counted & ANSWERED
    missed = counted & Q(state=Round.State.MISSED)
    dismissed = counted & Q(state=Round.State.DISMISSED)
    return {
        "rounds": counted,
        "offhours_rounds": Q(in_hours=False) & (~FLAGGED if own else Q()),
        "answered": answered,
        "answered_30s": answered & Q(wait__lte=WITHIN_30S),
        "answered_3m": answered & Q(wait__lte=WITHIN_3M),
        "outside": counted & Q(state=Round.State.OUTSIDE),
        "missed": missed,
        "dismissed": dismissed,
        "first_answered": answered & FIRST,
        "first_answered_30s": answered & FIRST & Q(wait__lte=WITHIN_30S),
        "first_missed": missed & FIRST,
        "first_dismissed": dismissed & FIRST,
        "arrived_late": Q(in_hours=True, arrived_late=True),
        "reply_failed": Q(in_hours=True, reply_failed=True),
    }


def momentary(*, now: datetime) -> dict[str, Q]:
    """What depends on the time: rounds that still wait. They belong to the account and to no agent yet."""
    waiting = Q(in_hours=True, state=Round.State.OPEN)
    return {
        "open": waiting,
        "open_30s": waiting & Q(started_at__lte=now - WITHIN_30S),
        "open_3m": waiting & Q(started_at__lte=now - WITHIN_3M),
        "first_open_30s": waiting & FIRST & Q(started_at__lte=now - WITHIN_30S),
    }


def conditions(*, own: bool, now: datetime) -> dict[str, Q]:
    """Every condition by name, with those that only lists ask for."""
    named = {**stored(own=own), **momentary(now=now)}
    return {
        **named,
        "answered_after_30s": named["answered"] & Q(wait__gt=WITHIN_30S),
        "answered_after_3m": named["answered"] & Q(wait__gt=WITHIN_3M),
        "first": named["rounds"] & FIRST,
        "hollow": named["answered"] & Q(hollow=True),
        "hollow_30s": named["answered_30s"] & Q(hollow=True),
        "unattended": named["rounds"] & Q(unattended=True),
    }


def counts(named: Mapping[str, Q]) -> dict[str, Aggregate]:
    """The number of rounds for each condition, under names that `read` takes back: some are columns as well."""
    return {f"{_OF}{name}": Count("pk", filter=condition) for name, condition in named.items()}


def sums() -> dict[str, Aggregate]:
    """The sums of all columns of rollups, likewise."""
    zero = Value(timedelta(), output_field=DurationField())
    counted: dict[str, Aggregate] = {f"{_OF}{name}": Sum(name, default=0) for name in stored(own=False)}
    return {**counted, f"{_OF}capped_wait": Sum("capped_wait", default=zero)}


def read(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of counts and sums, by their own names."""
    return {name.removeprefix(_OF): value for name, value in row.items()}


def capped_wait(*, own: bool) -> Aggregate:
    """The sum of waits over answered rounds, each at 600 s at most."""
    zero = Value(timedelta(), output_field=DurationField())
    return Sum(Least(F("wait"), Value(CAP)), filter=stored(own=own)["answered"], default=zero)


def rates(counted: Mapping[str, Any]) -> dict[str, float | None]:
    """Rates (0–1) and the mean in seconds from counts; null where there is nothing to divide by.

    Dismissed rounds are left out; `…_with_dismissed` counts them as not answered.
    """
    of_30s = counted["answered"] + counted["missed"] + counted["open_30s"]
    of_first = counted["first_answered"] + counted["first_missed"] + counted["first_open_30s"]
    of_3m = counted["answered"] + counted["missed"] + counted["open_3m"]
    dismissed = counted["dismissed"]
    return {
        "rate_30s": ratio(counted["answered_30s"], of_30s),
        "rate_30s_with_dismissed": ratio(counted["answered_30s"], of_30s + dismissed),
        "rate_30s_first": ratio(counted["first_answered_30s"], of_first),
        "rate_30s_first_with_dismissed": ratio(counted["first_answered_30s"], of_first + counted["first_dismissed"]),
        "rate_3m": ratio(counted["answered_3m"], of_3m),
        "rate_3m_with_dismissed": ratio(counted["answered_3m"], of_3m + dismissed),
        "avg_response_s": ratio(counted["capped_wait"].total_seconds(), counted["answered"]),
    }


def ratio(part: float, whole: int) -> float | None:
    """`part` of `whole`, or null of nothing."""
    return part / whole if whole else None
