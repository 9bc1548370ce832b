"""Ending a conversation, and saying that a round needs no reply."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from inbox import errors, queries, realtime
from inbox.models import Assignment, Conversation, User
from inbox.services import rounds
from inbox.services.audit import record
from inbox.services.lines import write_line
from inbox.services.locks import lock_conversation


@transaction.atomic
def close(conversation_id: int, *, by: User | None, now: datetime) -> Conversation:
    """End it; a round still open is missed. Closing a closed one changes nothing. `by` None: the system.

    NotYours, also of a closed one that they may not read.
    """
    conversation = lock_conversation(conversation_id)
    if conversation.status == Conversation.Status.CLOSED:
        if by is not None and not queries.visible_to(by).filter(pk=conversation.pk).exists():
            raise errors.NotYours(by=None)
        return conversation
    _require_hand(conversation, by)
    left = conversation.assignee
    end_assignment(conversation, Assignment.Ended.CLOSED, now=now)
    conversation.status, conversation.closed_at = Conversation.Status.CLOSED, now
    conversation.reserved_for, conversation.reserved_until = None, None
    conversation.group = None
    write_line(conversation, "closed", now=now, by=by)
    rounds.retrace(conversation, now=now)
    _save(conversation)
    record("conversation.close", actor=by, now=now, conversation=conversation)
    if left is not None:
        realtime.publish(realtime.ConversationLeft(conversation.pk, left.pk))
    return conversation


@transaction.atomic
def dismiss(conversation_id: int, *, by: User, now: datetime) -> Conversation:
    """No reply is needed: the open round ends, audited and counted. NotYours, WrongState when nobody waits."""
    conversation = lock_conversation(conversation_id)
    _require_hand(conversation, by)
    if conversation.waiting_since is None:
        raise errors.WrongState(state="answered")
    write_line(conversation, "dismissed", now=now, by=by)
    rounds.retrace(conversation, now=now)
    _save(conversation)
    record("round.dismiss", actor=by, now=now, conversation=conversation)
    return conversation


def end_assignment(conversation: Conversation, why: Assignment.Ended, *, now: datetime) -> None:
    """Nobody owns it any more; the caller sets the status, writes the line and saves."""
    waits = conversation.waiting_since is not None and why in Assignment.LEFT_OPEN
    Assignment.objects.filter(conversation=conversation, ended_at=None).update(
        ended_at=now, ended_by=why, left_open=waits
    )
    conversation.last_assignee = conversation.assignee or conversation.last_assignee
    conversation.assignee = None
    conversation.assigned_at = None


def _require_hand(conversation: Conversation, by: User | None) -> None:
    if by is not None and conversation.assignee_id != by.pk and not by.supervises:
        owner = conversation.assignee
        raise errors.NotYours(by=owner.username if owner else None)


def _save(conversation: Conversation) -> None:
    conversation.revision += 1
    conversation.save()
    realtime.publish(realtime.ConversationChanged(conversation.pk))
