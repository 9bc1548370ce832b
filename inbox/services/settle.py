"""How an attempt ended: sent, failed, unknown, or to be tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from inbox import jobs, realtime
from inbox.models import Conversation, Message
from inbox.services import grants, rounds
from inbox.services.locks import lock_conversation, lock_row
from platforms.base import Feature, Receipt
from platforms.errors import FateUnknown, NotTaken, SendError
from platforms.registry import get_platform

# what the end of an attempt changes
ENDING = (
    "state",
    "error",
    "error_detail",
    "sent_at",
    "external_id",
    "next_attempt_at",
    "attempt_ended_at",
    "lease_until",
)


@transaction.atomic
def settle(message_id: int, *, attempt: int, key: str, outcome: Receipt | SendError, now: datetime) -> Message | None:
    """Write down how attempt number `attempt` of one human decision (`key`) ended.

    A late answer of the same attempt still counts, also when its lease had lapsed; of any other it is dropped (None).
    """
    conversation = lock_conversation(Message.objects.values_list("conversation_id", flat=True).get(pk=message_id))
    message = Message.objects.select_related("account").get(pk=message_id)
    open_states = (Message.State.SENDING, Message.State.UNKNOWN)
    if message.state not in open_states or (message.attempt, str(message.attempt_key)) != (attempt, key):
        return None
    message.attempt_ended_at, message.lease_until = now, None
    if isinstance(outcome, Receipt):
        _sent(conversation, message, outcome, now=now)
    elif isinstance(outcome, FateUnknown):
        _unknown(message, str(outcome), now=now)
    elif isinstance(outcome, NotTaken) and message.attempt < settings.SEND_TRIES:
        _again(message, outcome.retry_after, now=now)
    else:
        _failed(conversation, message, outcome.code, outcome.platform_text or str(outcome), now=now)
        grants.believe(outcome, customer=message.customer_id, attempted_at=message.attempt_started_at or now, now=now)
    if not isinstance(outcome, Receipt):
        message.save(update_fields=ENDING)
    _changed(conversation, message)
    return message


def fail(message: Message, code: str, *, now: datetime) -> None:
    """It may not leave any more: failed with the reason; the caller holds the customer's lock."""
    conversation = lock_row(message.conversation_id)
    message.lease_until = None
    message.state, message.error, message.error_detail = Message.State.FAILED, code, ""  # no platform failed
    message.save(update_fields=ENDING)
    _changed(conversation, message)


def lapse(message: Message, *, now: datetime) -> None:
    """Its worker was not heard of again: the fate is unknown; the caller holds the customer's lock."""
    conversation = lock_row(message.conversation_id)
    message.attempt_ended_at, message.lease_until = message.lease_until or now, None
    _unknown(message, "the worker was lost", now=now)
    message.save(update_fields=ENDING)
    _changed(conversation, message)


def _sent(conversation: Conversation, message: Message, receipt: Receipt, *, now: datetime) -> None:
    message.state, message.error, message.error_detail = Message.State.SENT, "", ""
    message.sent_at, message.external_id = now, receipt.id
    message.save(update_fields=ENDING)  # the round is worked out from what is stored
    rounds.answer(conversation, message, now=now)


def _unknown(message: Message, detail: str, *, now: datetime) -> None:
    """Never repeated without a human's word, unless the platform takes an idempotency key."""
    idempotent = Feature.IDEMPOTENT in get_platform(message.account.platform).features
    first = message.received_at
    if idempotent and now - first < settings.IDEMPOTENT_RETRY_FOR:
        _again(message, None, now=now)
        return
    message.state, message.error, message.error_detail = Message.State.UNKNOWN, "fate_unknown", detail[:500]


def _again(message: Message, after: timedelta | None, *, now: datetime) -> None:
    wait = after or settings.SEND_RETRY_FIRST * 2 ** max(message.attempt - 1, 0)
    message.state, message.attempt_ended_at = Message.State.QUEUED, None
    message.next_attempt_at = now + wait


def _failed(conversation: Conversation, message: Message, code: str, detail: str, *, now: datetime) -> None:
    message.state, message.error, message.error_detail = Message.State.FAILED, code, detail[:500]
    rounds.flag_failed_reply(conversation, message)


def _changed(conversation: Conversation, message: Message) -> None:
    conversation.revision += 1
    conversation.save(update_fields=["revision", *rounds.CLOCKS])
    realtime.publish(realtime.ConversationChanged(conversation.pk))
    realtime.publish(realtime.MessageChanged(message.pk))
    jobs.enqueue(jobs.DELIVER, message.customer_id)
