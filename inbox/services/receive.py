"""What platforms tell us, stored once: words, enter-sessions, and what happened outside.

Every function runs in one transaction per event; it answers None when the event was stored before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from inbox import jobs, realtime
from inbox.models import Account, Conversation, Customer, Media, Message
from inbox.services import grants, rounds
from inbox.services.lines import write_line
from inbox.services.locks import lock_customer, lock_live, lock_row
from platforms import content as said
from platforms.events import Entry, MessageReceived, SessionEntered
from platforms.limits import GrantKind

THANKS = frozenset(
    {"好的", "好", "谢谢", "谢谢你", "谢谢您", "多谢", "嗯", "嗯嗯", "收到", "ok", "OK", "👍", "🙏", "[强]"}
)

_REMEMBER = "INSERT INTO inbox_seenevent (account_id, key, seen_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_SHOWN = (
    *("status", "queued_at", "closed_at", "last_message", "unread", "revision", "entry_kind", "entry_value"),
    *rounds.CLOCKS,
)


@dataclass(frozen=True, slots=True)
class Received:
    """A stored word. `rings` is False for a thanks after the close; `opened` when a round began with it."""

    message: Message
    conversation: Conversation
    rings: bool
    opened: bool


def first_time(account: Account, key: str, *, now: datetime) -> bool:
    """Remember an event's key; False if it was there. Waits for a concurrent twin to commit or to fail."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [account.pk, key, now])
        return bool(cursor.rowcount)


@transaction.atomic(savepoint=False)
def receive(event: MessageReceived, *, account: Account, received_at: datetime, now: datetime) -> Received | None:
    """Store a customer's message, opening or reopening a conversation if none is live."""
    if not first_time(account, event.key, now=now):
        return None
    customer = lock_customer(account, event.customer, now=now)
    grants.open_grant(
        customer,
        account=account,
        kind=GrantKind.MESSAGE,
        acted_at=event.sent_at,
        received_at=received_at,
        context=event.context,
    )
    conversation, rings = _conversation_for(event, customer, account=account, received_at=received_at, now=now)
    opened = rings and conversation.waiting_since is None
    round_ = None
    if rings:
        conversation.active_at = now
        round_ = rounds.hear(conversation, said_at=event.sent_at, received_at=received_at, now=now)
    message = _store(event, conversation, received_at=received_at, counts=rings, round=round_)
    _show(conversation, message, entry=event.entry, rings=rings)
    return Received(message, conversation, rings, opened)


@transaction.atomic(savepoint=False)
def enter(event: SessionEntered, *, account: Account, received_at: datetime, now: datetime) -> Customer | None:
    """A customer opened the chat: a grant, and where they came in; no conversation yet."""
    if not first_time(account, event.key, now=now):
        return None
    customer = lock_customer(account, event.customer, now=now)
    grants.open_grant(
        customer,
        account=account,
        kind=GrantKind.ENTER,
        acted_at=event.entered_at,
        received_at=received_at,
        context=event.context,
    )
    if customer.entered_at is None or event.entered_at >= customer.entered_at:
        _remember_entry(customer, event)
        _show_entry(customer, event.entry, now=now)
    return customer


def _conversation_for(
    event: MessageReceived, customer: Customer, *, account: Account, received_at: datetime, now: datetime
) -> tuple[Conversation, bool]:
    """The conversation a word belongs to, locked, and whether it rings."""
    live = lock_live(customer)
    if live is not None:
        return live, True
    ended = Conversation.objects.filter(customer=customer, closed_at__gte=received_at - settings.REOPEN_WITHIN)
    pk = ended.order_by("-closed_at").values_list("pk", flat=True).first()
    if pk is None:
        return _open(customer, account=account, now=now), True
    conversation = lock_row(pk)
    if is_thanks(event.content, account):
        return conversation, False
    _reopen(conversation, now=now)
    return conversation, True


def is_thanks(content: said.Content, account: Account) -> bool:
    """A word that ends a talk politely; the account's own list (`thanks`, comma-separated) replaces ours."""
    own = account.options.get("thanks")
    words = {word.strip() for word in own.split(",")} if own else THANKS
    return isinstance(content, said.Text) and content.text.strip(" ~～。.!！,，\n") in words


def _open(customer: Customer, *, account: Account, now: datetime) -> Conversation:
    return Conversation.objects.create(
        account=account,
        customer=customer,
        opened_at=now,
        queued_at=now,
        active_at=now,
        urgent_at=rounds.urgency(None, now),
        entry_kind=customer.entry_kind,
        entry_value=customer.entry_value,
    )


def _reopen(conversation: Conversation, *, now: datetime) -> None:
    conversation.status = Conversation.Status.QUEUED
    conversation.closed_at = None
    conversation.queued_at = now
    write_line(conversation, "reopened", now=now)


def _store(event: MessageReceived, conversation: Conversation, **fields: Any) -> Message:
    content = event.content
    media = None
    if content.media is not None:
        media = Media.objects.create(
            account_id=conversation.account_id,
            conversation=conversation,
            source={"id": content.media.id, "url": content.media.url, "name": content.media.name},
            next_attempt_at=fields["received_at"],
            created_at=fields["received_at"],
        )
        jobs.enqueue(jobs.FETCH_MEDIA, media.pk)
    return Message.objects.create(
        conversation=conversation,
        account_id=conversation.account_id,
        customer_id=conversation.customer_id,
        author=Message.Author.CUSTOMER,
        type=content.type,
        text=content.text if isinstance(content, said.Text) else "",
        content=said.as_json(content),
        media=media,
        raw=dict(event.raw),
        state=Message.State.RECEIVED,
        external_id=event.id,
        sent_at=event.sent_at,
        **fields,
    )


def _show(conversation: Conversation, message: Message, *, entry: Entry | None, rings: bool) -> None:
    conversation.last_message = message
    conversation.unread += rings
    conversation.revision += 1
    if entry is not None:
        conversation.entry_kind, conversation.entry_value = entry.kind, entry.value
    conversation.save(update_fields=_SHOWN)
    realtime.publish(realtime.ConversationChanged(conversation.pk))
    realtime.publish(realtime.MessageChanged(message.pk))


def _remember_entry(customer: Customer, event: SessionEntered) -> None:
    customer.entered_at = event.entered_at
    customer.entry_kind, customer.entry_value = event.entry.kind, event.entry.value
    customer.save(update_fields=["entered_at", "entry_kind", "entry_value"])


def _show_entry(customer: Customer, entry: Entry, *, now: datetime) -> None:
    conversation = lock_live(customer)
    if conversation is None:
        return
    conversation.entry_kind, conversation.entry_value = entry.kind, entry.value
    conversation.revision += 1
    conversation.save(update_fields=["entry_kind", "entry_value", "revision"])
    write_line(conversation, "entered", now=now, entry={"kind": entry.kind, "value": entry.value})
    realtime.publish(realtime.ConversationChanged(conversation.pk))
