"""Accepting: the first wins, by one conditional UPDATE, with the agent's capacity in the same transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from inbox import errors, realtime
from inbox.models import Assignment, Conversation, Membership, User
from inbox.services.audit import record
from inbox.services.lines import write_line
from routing.models import Agent
from routing.policy import acceptable_to, may_answer, occupying


@transaction.atomic
def accept(conversation: Conversation, *, agent: User, now: datetime) -> Conversation:
    """Give it to `agent`; accepting one's own again changes nothing.

    Raises NotAllowed, then NotOnline, AtCapacity, AlreadyTaken, Reserved, in this order.
    """
    conversation = Conversation.objects.get(pk=conversation.pk)
    if not may_answer(agent, conversation):
        raise errors.NotAllowed
    if conversation.assignee_id == agent.pk:
        return conversation
    _require_room(agent, now=now)
    if conversation.status != Conversation.Status.QUEUED or not claim(conversation.pk, agent=agent, now=now):
        raise _lost(conversation.pk)
    return _settle_in(conversation.pk, agent=agent, now=now)


@transaction.atomic
def accept_next(agent: User, *, now: datetime) -> Conversation | None:
    """Give `agent` the most urgent conversation they may take; None if there is none. NotOnline, AtCapacity."""
    _require_room(agent, now=now)
    queue = acceptable_to(agent, now=now)
    first = queue.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if first is None:  # perhaps the only one is being written to at this moment
        first = queue.select_for_update(of=("self",), no_key=True).first()
    if first is None or not claim(first.pk, agent=agent, now=now):
        return None
    return _settle_in(first.pk, agent=agent, now=now)


def claim(conversation_id: int, *, agent: User, now: datetime) -> bool:
    """Give a queued conversation to `agent`; False if somebody else got there first."""
    free = Q(reserved_for=None) | Q(reserved_for=agent) | Q(reserved_until__lte=now)
    queued = Conversation.objects.filter(free, pk=conversation_id, status=Conversation.Status.QUEUED)
    taken = queued.update(
        status=Conversation.Status.ASSIGNED,
        assignee=agent,
        assigned_at=now,
        reserved_for=None,
        reserved_until=None,
        revision=F("revision") + 1,
    )
    return taken == 1


def lock_agents(*users: int) -> dict[int, Agent]:
    """The agents' rows, locked by primary key, after any conversation."""
    rows = Agent.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=users).order_by("pk")
    return {agent.pk: agent for agent in rows}


def start_assignment(conversation: Conversation, *, agent: User, now: datetime, by: User | None) -> None:
    """Open the assignment that goes with `assigned`, say so in the conversation, and tell the pages."""
    Assignment.objects.create(conversation=conversation, agent=agent, started_at=now)
    write_line(conversation, "accepted", now=now, by=agent)
    record("conversation.accept", actor=by, now=now, conversation=conversation, agent=agent.pk)
    realtime.publish(realtime.ConversationTaken(conversation.pk, agent.pk))
    realtime.publish(realtime.ConversationChanged(conversation.pk))
    realtime.publish(realtime.PresenceChanged(agent.pk))


def _settle_in(conversation_id: int, *, agent: User, now: datetime) -> Conversation:
    """The rest of a won claim: capacity counted under the agent's lock, with this one in."""
    row = lock_agents(agent.pk).get(agent.pk)
    if row is None or not row.is_online(now):
        raise errors.NotOnline
    _hold_membership(conversation_id, agent)
    if occupying(agent.pk, now=now) > row.capacity:
        raise errors.AtCapacity(capacity=row.capacity)
    conversation = Conversation.objects.select_related("account", "customer", "assignee").get(pk=conversation_id)
    start_assignment(conversation, agent=agent, now=now, by=agent)
    return conversation


def _hold_membership(conversation_id: int, agent: User) -> None:
    """Whoever ends the membership meanwhile waits for us, and then finds this conversation among theirs."""
    mine = Membership.objects.filter(user=agent, may_reply=True, account__conversations=conversation_id)
    if mine.select_for_update(of=("self",), no_key=True).first() is None:
        raise errors.NotAllowed


def _require_room(agent: User, *, now: datetime) -> None:
    """The same, without a lock: most refusals need none."""
    row = Agent.objects.filter(pk=agent.pk).first()
    if row is None or not row.is_online(now):
        raise errors.NotOnline
    if occupying(agent.pk, now=now) >= row.capacity:
        raise errors.AtCapacity(capacity=row.capacity)


def _lost(conversation_id: int) -> errors.InboxError:
    """Who won, or why it cannot be had."""
    found = Conversation.objects.select_related("assignee", "reserved_for").get(pk=conversation_id)
    if found.assignee is not None:
        return errors.AlreadyTaken(by=found.assignee.username, name=found.assignee.shown_name)
    if found.status == Conversation.Status.CLOSED:
        return errors.ConversationClosed(reopens="customer_message")
    if found.reserved_for is not None and found.reserved_until is not None:
        return errors.Reserved(by=found.reserved_for.username, until=found.reserved_until.isoformat())
    return errors.AlreadyTaken(by=None)  # taken, and already given back: it may be accepted again
