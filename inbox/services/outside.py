"""What happened outside OneQueue: a colleague answered, a customer took back, a taken reply was not delivered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from inbox import realtime
from inbox.models import Account, Conversation, Message
from inbox.services import rounds
from inbox.services.locks import lock_customer, lock_live, lock_row
from inbox.services.receive import first_time
from platforms import content as said
from platforms.events import MessageRecalled, ReplyFailedLater, ReplySeenOutside


@transaction.atomic
def see_outside(event: ReplySeenOutside, *, account: Account, received_at: datetime, now: datetime) -> Message | None:
    """Store a colleague's reply in the customer's live conversation; None if stored before or nothing is live."""
    if not first_time(account, event.key, now=now):
        return None
    customer = lock_customer(account, event.customer, now=now)
    conversation = lock_live(customer)
    if conversation is None:
        return None
    message = _store_outside(event, conversation, received_at=received_at)
    rounds.answer(conversation, message, now=now)
    _changed(conversation, message)
    return message


@transaction.atomic
def recall(event: MessageRecalled, *, account: Account, now: datetime) -> Message | None:
    """Mark a customer's message as taken back; a round that has lost all its words is withdrawn."""
    if not first_time(account, event.key, now=now):
        return None
    lock_customer(account, event.customer, now=now)
    rows = Message.objects.filter(account=account, external_id=event.id, author=Message.Author.CUSTOMER)
    message = rows.filter(recalled_at=None).first()
    if message is None:
        return None
    conversation = lock_row(message.conversation_id)
    message.recalled_at = event.recalled_at
    message.save(update_fields=["recalled_at"])
    rounds.retrace(conversation, now=now, whole=True)
    _changed(conversation, message)
    return message


@transaction.atomic
def fail_later(event: ReplyFailedLater, *, account: Account, now: datetime) -> Message | None:
    """A reply that the platform had taken was not delivered: it is failed, and answers nothing."""
    if not first_time(account, event.key, now=now):
        return None
    lock_customer(account, event.customer, now=now)
    rows = Message.objects.filter(account=account, external_id=event.id, author=Message.Author.AGENT)
    message = rows.filter(state=Message.State.SENT).first()
    if message is None:
        return None
    conversation = lock_row(message.conversation_id)
    message.state, message.error, message.error_detail = (
        Message.State.FAILED,
        "failed_later",
        event.reason[:500],
    )
    message.save(update_fields=["state", "error", "error_detail"])
    rounds.retrace(conversation, now=now, whole=True)
    rounds.flag_failed_reply(conversation, message)
    _changed(conversation, message)
    return message


def _store_outside(event: ReplySeenOutside, conversation: Conversation, *, received_at: datetime) -> Message:
    taken_at = min(event.sent_at, received_at)
    return Message.objects.create(
        conversation=conversation,
        account_id=conversation.account_id,
        customer_id=conversation.customer_id,
        author=Message.Author.OUTSIDE,
        type=event.content.type,
        text=event.content.text if isinstance(event.content, said.Text) else "",
        content=said.as_json(event.content),
        raw=dict(event.raw),
        state=Message.State.SENT,
        external_id=event.id,
        sent_at=taken_at,
        received_at=received_at,
        attempt_ended_at=received_at,  # it counts against the quota like any other
    )


def _changed(conversation: Conversation, message: Message) -> None:
    conversation.revision += 1
    if conversation.last_message_id is None or conversation.last_message_id < message.pk:
        conversation.last_message = message
    conversation.save(update_fields=["revision", "last_message", *rounds.CLOCKS])
    realtime.publish(realtime.ConversationChanged(conversation.pk))
    realtime.publish(realtime.MessageChanged(message.pk))
