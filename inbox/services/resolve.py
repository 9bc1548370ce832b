"""What a human decides about a reply that failed or whose fate is unknown."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from inbox import errors, jobs, realtime
from inbox.models import Conversation, Message, User
from inbox.services import rounds
from inbox.services.audit import record
from inbox.services.locks import lock_conversation
from inbox.services.reply import next_place, require_owner, require_reply_grant, reserve


@transaction.atomic
def retry(message_id: int, *, by: User, confirmed: bool, now: datetime) -> Message:
    """Send it again, at the end of the line, on a new reservation.

    An unknown one only when `confirmed`: the customer may get it twice. WrongState, NotYours, WindowClosed, …
    """
    conversation, message = _locked(message_id, by)
    may = message.state == Message.State.FAILED or (message.state == Message.State.UNKNOWN and confirmed)
    if not may:
        raise errors.WrongState(state=message.state, needs_confirmation=message.state == Message.State.UNKNOWN)
    if message.state == Message.State.UNKNOWN:
        _doubt(message)
    message.grant_id = reserve(conversation, now=now).id
    message.state, message.error, message.error_detail = Message.State.QUEUED, "", ""
    message.position, message.attempt, message.attempt_key = next_place(), 0, uuid.uuid4()
    message.next_attempt_at, message.attempt_started_at, message.attempt_ended_at = now, None, None
    message.save()
    record("message.retry", actor=by, now=now, conversation=conversation, message=message.pk)
    _changed(conversation, message)
    jobs.enqueue(jobs.DELIVER, conversation.customer_id)
    return message


@transaction.atomic
def resolve(message_id: int, *, sent: bool, by: User, now: datetime) -> Message:
    """Settle an unknown reply: it was sent (its round ends when the attempt began), or it was not."""
    conversation, message = _locked(message_id, by, author_too=True)
    if message.state != Message.State.UNKNOWN:
        raise errors.WrongState(state=message.state)
    if sent:
        message.state, message.error, message.sent_at = Message.State.SENT, "", message.attempt_started_at
        message.save(update_fields=["state", "error", "sent_at"])
        rounds.answer(conversation, message, now=now)
    else:
        message.state, message.error = Message.State.FAILED, "not_sent"
        message.save(update_fields=["state", "error"])
        rounds.flag_failed_reply(conversation, message)
    record("message.resolve", actor=by, now=now, conversation=conversation, message=message.pk, sent=sent)
    _changed(conversation, message)
    return message


def _doubt(message: Message) -> None:
    """The attempt that ended unknown stays counted; the message itself is free for a new reservation."""
    message.doubted, message.doubted_at = message.doubted + 1, message.attempt_ended_at
    message.state, message.attempt_ended_at = Message.State.FAILED, None
    message.save(update_fields=["doubted", "doubted_at", "state", "attempt_ended_at"])


def _locked(message_id: int, by: User, *, author_too: bool = False) -> tuple[Conversation, Message]:
    """The message under its customer's lock; its conversation's owner, a supervisor or `author_too` may decide."""
    conversation = lock_conversation(Message.objects.values_list("conversation_id", flat=True).get(pk=message_id))
    message = Message.objects.get(pk=message_id)
    if not by.supervises and not (author_too and message.sender_id == by.pk):
        require_owner(conversation, by)
    require_reply_grant(conversation, by)
    return conversation, message


def _changed(conversation: Conversation, message: Message) -> None:
    conversation.revision += 1
    conversation.save(update_fields=["revision", *rounds.CLOCKS])
    realtime.publish(realtime.ConversationChanged(conversation.pk))
    realtime.publish(realtime.MessageChanged(message.pk))
