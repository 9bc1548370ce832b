"""Who waits and who answers at this moment. Reads only what is open: no cost grows with history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet

from inbox.models import Account, Conversation, Round
from metrics.queries.scope import narrow, seconds_since
from routing.models import Agent

AGES = {"under_30s": timedelta(seconds=30), "under_3m": timedelta(seconds=180)}


def now(accounts: QuerySet[Account], *, now: datetime) -> dict[str, Any]:
    """Unanswered rounds, the longest wait in seconds (null: nobody waits), and how many by age."""
    waiting = Round.objects.filter(account__in=narrow(accounts), state=Round.State.OPEN)
    found = waiting.aggregate(
        count=Count("pk"),
        since=Min("started_at"),
        under_30s=Count("pk", filter=Q(started_at__gt=now - AGES["under_30s"])),
        under_3m=Count("pk", filter=Q(started_at__gt=now - AGES["under_3m"])),
    )
    ages = {
        "under_30s": found["under_30s"],
        "under_3m": found["under_3m"] - found["under_30s"],
        "older": found["count"] - found["under_3m"],
    }
    return {
        "unanswered_now": found["count"],
        "longest_wait_now_s": seconds_since(found["since"], now=now),
        "by_age": ages,
    }


def waiting(accounts: QuerySet[Account]) -> QuerySet[Round]:
    """The rounds that wait, newest first."""
    found = Round.objects.filter(account__in=narrow(accounts), state=Round.State.OPEN)
    return found.select_related("account", "agent", "conversation__customer").order_by("-started_at", "-pk")


def agents_now(accounts: QuerySet[Account], *, now: datetime) -> list[dict[str, Any]]:
    """Everybody who may reply on these accounts, with presence and what they have of these accounts."""
    ids = narrow(accounts)
    desks = _desks(ids)
    agents = Agent.objects.filter(
        user__is_active=True, user__memberships__account__in=ids, user__memberships__may_reply=True
    )
    return [
        {
            "username": agent.user.get_username(),
            "name": agent.user.shown_name,
            "state": str(agent.state) if agent.is_connected(now) else str(Agent.State.OFFLINE),
            "capacity": agent.capacity,
            "assigned": desks.get(agent.pk, {}).get("assigned", 0),
            "waiting": desks.get(agent.pk, {}).get("waiting", 0),
            "longest_wait_s": seconds_since(desks.get(agent.pk, {}).get("since"), now=now),
        }
        for agent in agents.distinct().select_related("user").order_by("user__username")
    ]


def _desks(accounts: list[int]) -> dict[int, dict[str, Any]]:
    held = Conversation.objects.filter(account__in=accounts, status=Conversation.Status.ASSIGNED)
    rows = (
        held.order_by()
        .values(agent=F("assignee"))
        .annotate(assigned=Count("pk"), waiting=Count("waiting_since"), since=Min("waiting_since"))
    )
    return {row["agent"]: dict(row) for row in rows}
