"""Who is there: what an agent chose, and whether they are still connected."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from inbox import realtime
from inbox.models import Assignment, Conversation, Liveness, User
from inbox.services.audit import record
from routing.models import Agent
from routing.services.requeue import requeue

State = Agent.State


@transaction.atomic
def set_presence(user: User, state: str, *, now: datetime) -> Agent:
    """What the agent chose; it counts as a connection for PRESENCE_API. Online agents are given nothing by it alone."""
    until = now + settings.PRESENCE_API
    Agent.objects.get_or_create(user=user)
    changed = Agent.objects.filter(~Q(state=state), pk=user.pk).update(state=state, state_since=now)
    Agent.objects.filter(pk=user.pk).update(connected_until=Greatest(F("connected_until"), until))
    if changed:
        record("presence.set", actor=user, now=now, state=state)
        realtime.publish(realtime.PresenceChanged(user.pk))
    return Agent.objects.get(pk=user.pk)


def drop_gone(*, now: datetime) -> list[int]:
    """Agents whose last connection has been gone too long are offline; nobody while our own web tier was away."""
    if not web_was_up(now):
        return []
    gone = Agent.objects.exclude(state=State.OFFLINE).filter(Q(connected_until__lte=now) | Q(connected_until=None))
    return [agent.pk for agent in gone.order_by("pk") if _drop(agent, now=now)]


def requeue_left(*, now: datetime, limit: int = 200) -> int:
    """Requeue what nobody is at: of owners who are offline, and what an owner left unanswered. How many."""
    done = 0
    for pk, owner in _of_offline_owners(now, limit):
        done += requeue(pk, owner=owner, why=Assignment.Ended.GONE, now=now)
    for pk, owner in _unanswered(now, limit):
        done += requeue(pk, owner=owner, why=Assignment.Ended.SILENT, now=now)
    return done


@transaction.atomic
def _drop(agent: Agent, *, now: datetime) -> bool:
    still = Agent.objects.filter(Q(connected_until__lte=now) | Q(connected_until=None), pk=agent.pk)
    if still.exclude(state=State.OFFLINE).update(state=State.OFFLINE, state_since=now) == 0:
        return False
    record("presence.lost", actor=None, now=now, user=agent.pk)
    realtime.publish(realtime.PresenceChanged(agent.pk))
    return True


def web_was_up(now: datetime) -> bool:
    """A gap of our own counts for nobody: grace runs only while browsers could reach us."""
    web = Liveness.objects.filter(part="web").first()
    if web is None:
        return True  # no web process has ever run: clients are programs on the API
    heard = now - web.seen_at < settings.LIVENESS_GAP
    return heard and now - web.up_since >= settings.PRESENCE_SOCKET


def _of_offline_owners(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Waiting ones at once; answered ones after a while."""
    offline = Agent.objects.filter(state=State.OFFLINE)
    answered = Agent.objects.filter(state=State.OFFLINE, state_since__lte=now - settings.REQUEUE_ANSWERED_AFTER)
    held = Conversation.objects.filter(status=Conversation.Status.ASSIGNED)
    left = Q(waiting_since__isnull=False, assignee__agent__in=offline) | Q(assignee__agent__in=answered)
    return _pairs(held.filter(left), limit)


def _unanswered(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Rounds that their owner could have answered for REQUEUE_SILENT_AFTER: since they had it and it was there."""
    horizon = now - settings.REQUEUE_SILENT_AFTER
    silent = Conversation.objects.filter(
        status=Conversation.Status.ASSIGNED,
        waiting_since__lte=horizon,
        assigned_at__lte=horizon,
        rounds__state="open",
        rounds__received_at__lte=horizon,
    )
    return _pairs(silent, limit)


def _pairs(rows: QuerySet[Conversation], limit: int) -> list[tuple[int, int]]:
    found = rows.order_by("urgent_at").values_list("pk", "assignee_id")[:limit]
    return list(found)
