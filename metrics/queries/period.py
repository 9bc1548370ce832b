"""Every figure of a period, and the very rounds behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import (
    Aggregate,
    Avg,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce, Least

from inbox.models import Account, Round, User
from metrics import definitions, figures
from metrics.queries.scope import Scope, narrow, seconds, seconds_since


class Percentile(Aggregate):
    """Interpolated between the two nearest, as PostgreSQL's percentile_cont does."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"


def summary(  # noqa: PLR0913 - a filter each
    accounts: QuerySet[Account],
    *,
    from_: datetime,
    to: datetime,
    now: datetime,
    account: str | None = None,
    agent: User | None = None,
    platform: str | None = None,
) -> dict[str, Any]:
    """Every figure of the period, and who waits now; `metrics.definitions` says what each is."""
    narrowed = narrow(accounts, account=account, platform=platform)
    scope = Scope(accounts=narrowed, from_=from_, to=to, agent=agent)
    counted = _counted(scope, now=now)
    waiting = _waiting(narrowed, agent=agent)
    return {
        **{name: counted[name] for name in definitions.COUNTS},
        **figures.rates(counted),
        "avg_response_all_s": seconds(counted["mean_all"]),
        "first_response_s": {
            "mean": seconds(counted["first_mean"]),
            "median": seconds(counted["first_median"]),
            "p90": seconds(counted["first_p90"]),
        },
        "rate_3m_conversation": _rate_3m_conversation(scope, now=now),
        **_not_served(scope, served=counted["first"], now=now),
        "holding_rate": figures.ratio(counted["hollow"], counted["answered"]),
        "rate_30s_without_hollow": figures.ratio(
            counted["answered_30s"] - counted["hollow_30s"],
            counted["answered"] + counted["missed"] + counted["open_30s"],
        ),
        "unanswered_now": waiting["count"],
        "longest_wait_now_s": seconds_since(waiting["since"], now=now),
        "definition": definitions.texts(),
    }


def rounds(  # noqa: PLR0913 - a filter each
    accounts: QuerySet[Account],
    *,
    from_: datetime,
    to: datetime,
    now: datetime,
    account: str | None = None,
    agent: User | None = None,
    platform: str | None = None,
    behind: str = "",
) -> QuerySet[Round]:
    """The rounds of the period, newest first, each with its `wait`.

    `behind` names one count (`figures.conditions`; KeyError if none): the list has as many rows as it says.
    """
    narrowed = narrow(accounts, account=account, platform=platform)
    scope = Scope(accounts=narrowed, from_=from_, to=to, agent=agent)
    found = scope.rounds()
    if behind:
        found = found.filter(figures.conditions(own=scope.own, now=now)[behind])
    return found.select_related("account", "agent", "conversation__customer").order_by("-started_at", "-pk")


def _counted(scope: Scope, *, now: datetime) -> dict[str, Any]:
    """One pass over the rounds of the period."""
    named = figures.conditions(own=scope.own, now=now)
    first = named["first_answered"]
    return figures.read(
        scope.rounds()
        .annotate(waited=_waited(now=now))
        .aggregate(
            **figures.counts(named),
            capped_wait=figures.capped_wait(own=scope.own),
            mean_all=Avg("waited", filter=named["rounds"] & ~Q(state=Round.State.DISMISSED)),
            first_mean=Avg("wait", filter=first),
            first_median=Percentile("wait", filter=first, fraction=0.5, output_field=DurationField()),
            first_p90=Percentile("wait", filter=first, fraction=0.9, output_field=DurationField()),
        )
    )


def _waited(*, now: datetime) -> Least:
    """The wait so far, 600 s at most: to the reply, the close, or now."""
    so_far = ExpressionWrapper(Value(now) - F("starts_at"), output_field=DurationField())
    return Least(Coalesce(F("wait"), so_far), Value(figures.CAP), output_field=DurationField())


def _rate_3m_conversation(scope: Scope, *, now: datetime) -> float | None:
    counted = scope.rounds().filter(figures.stored(own=scope.own)["rounds"])
    waits = counted.exclude(state=Round.State.DISMISSED).annotate(waited=_waited(now=now))
    means = waits.order_by().values("conversation").annotate(mean=Avg("waited"))
    fast = Count("mean", filter=Q(mean__lte=figures.WITHIN_3M))
    found = means.aggregate(conversations=Count("mean"), fast=fast)
    return figures.ratio(found["fast"], found["conversations"])


def _not_served(scope: Scope, *, served: int, now: datetime) -> dict[str, float | None]:
    """Of the conversations that `first` rounds began: those in which no human ever replied."""
    named = figures.stored(own=scope.own)
    same = Round.objects.filter(conversation=OuterRef("conversation"))
    replied = same.filter(figures.ANSWERED)
    overdue = Q(state=Round.State.OPEN, started_at__lte=now - figures.WITHIN_30S)
    needed = same.filter(Q(state=Round.State.MISSED) | overdue)
    first = scope.rounds().filter(named["rounds"] & figures.FIRST).exclude(figures.ANSWERED)
    left = first.filter(~Exists(replied)).annotate(lacked=Exists(needed))
    found = left.aggregate(
        silent=Count("pk"),
        needed=Count("pk", filter=Q(lacked=True)),
        dismissed=Count("pk", filter=Q(lacked=False, state=Round.State.DISMISSED)),
    )
    served -= found["silent"]
    asked, dismissed = served + found["needed"], found["dismissed"]
    return {
        "not_served_rate": figures.ratio(found["needed"], asked),
        "not_served_rate_with_dismissed": figures.ratio(found["needed"] + dismissed, asked + dismissed),
    }


def _waiting(accounts: list[int], *, agent: User | None) -> dict[str, Any]:
    """How many wait now, and since when the longest; of an agent, those of the conversations they have."""
    waiting = Round.objects.filter(account__in=accounts, state=Round.State.OPEN)
    if agent is not None:
        waiting = waiting.filter(conversation__assignee=agent)
    return waiting.aggregate(count=Count("pk"), since=Min("started_at"))
