"""Giving a conversation back to the queue: its owner is gone or silent, or hands it over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from inbox import errors, realtime
from inbox.models import Assignment, Conversation, Message, User
from inbox.services.audit import record
from inbox.services.close import end_assignment
from inbox.services.lines import write_line, write_note
from inbox.services.locks import lock_conversation
from routing.models import Agent, Group
from routing.policy import answering, may_answer, occupying
from routing.services.accept import lock_agents, start_assignment

REPLY_ON_ITS_WAY = (Message.State.QUEUED, Message.State.SENDING)


@transaction.atomic
def requeue(conversation_id: int, *, owner: int, why: Assignment.Ended, now: datetime, always: bool = False) -> bool:
    """Take it from `owner` and queue it with its original waiting time; False if it is no longer theirs.

    One whose reply is on its way to the platform is left alone, unless `always`.
    """
    conversation = lock_conversation(conversation_id)
    if conversation.assignee_id != owner:
        return False
    if not always and conversation.messages.filter(state__in=REPLY_ON_ITS_WAY).exists():
        return False
    requeue_locked(conversation, why=why, now=now)
    return True


def requeue_locked(
    conversation: Conversation,
    *,
    why: Assignment.Ended,
    now: datetime,
    by: User | None = None,
    group: Group | None = None,
) -> None:
    """The same, of a conversation that the caller has locked."""
    owner = conversation.assignee
    end_assignment(conversation, why, now=now)
    conversation.status, conversation.queued_at, conversation.group = Conversation.Status.QUEUED, now, group
    conversation.reserved_for, conversation.reserved_until = None, None
    conversation.revision += 1
    conversation.save()
    write_line(conversation, "requeued", now=now, by=by, why=why, agent=owner.shown_name if owner else "")
    record("conversation.requeue", actor=by, now=now, conversation=conversation, why=why)
    if owner is not None:
        realtime.publish(realtime.ConversationLeft(conversation.pk, owner.pk))
        realtime.publish(realtime.PresenceChanged(owner.pk))
    realtime.publish(realtime.ConversationChanged(conversation.pk))


@transaction.atomic
def transfer_to_group(conversation_id: int, group: Group, *, note: str, by: User, now: datetime) -> Conversation:
    """Queue it for the members of a group. NotYours, Invalid when none of them may answer here."""
    conversation = _locked_for_transfer(conversation_id, by)
    if not answering(group, conversation.account).exists():
        raise errors.Invalid(_("Nobody of this group may answer here."), where="to_group", why="nobody")
    if note:
        write_note(conversation, note, by=by, now=now)
    requeue_locked(conversation, why=Assignment.Ended.TRANSFERRED, now=now, by=by, group=group)
    return conversation


@transaction.atomic
def transfer_to_agent(conversation_id: int, agent: User, *, note: str, by: User, now: datetime) -> Conversation:
    """Give it to a colleague. NotYours, NotAllowed, NotOnline, AtCapacity (a supervisor may exceed it, audited)."""
    conversation = _locked_for_transfer(conversation_id, by)
    if not agent.is_active or not may_answer(agent, conversation):  # a name nobody has is no other answer
        raise errors.NotAllowed(agent=agent.username)
    owner = conversation.assignee
    rows = lock_agents(agent.pk, *([owner.pk] if owner else []))
    _require_place(rows.get(agent.pk), by=by, now=now)
    if note:
        write_note(conversation, note, by=by, now=now)
    end_assignment(conversation, Assignment.Ended.TRANSFERRED, now=now)
    conversation.status, conversation.assignee, conversation.assigned_at = (
        Conversation.Status.ASSIGNED,
        agent,
        now,
    )
    conversation.group = None
    conversation.revision += 1
    conversation.save()
    write_line(conversation, "transferred", now=now, by=by, agent=agent.shown_name)
    start_assignment(conversation, agent=agent, now=now, by=by)
    if owner is not None:
        realtime.publish(realtime.ConversationLeft(conversation.pk, owner.pk))
    return conversation


def _locked_for_transfer(conversation_id: int, by: User) -> Conversation:
    conversation = lock_conversation(conversation_id)
    if conversation.status == Conversation.Status.CLOSED:
        raise errors.ConversationClosed(reopens="customer_message")
    if conversation.assignee_id != by.pk and not by.supervises:
        owner = conversation.assignee
        raise errors.NotYours(by=owner.username if owner else None)
    return conversation


def _require_place(row: Agent | None, *, by: User, now: datetime) -> None:
    if row is None or not row.is_online(now):
        raise errors.NotOnline
    if occupying(row.pk, now=now) >= row.capacity and not by.supervises:
        raise errors.AtCapacity(capacity=row.capacity)
