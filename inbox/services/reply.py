"""An agent answers: one reply of the quota is reserved and the message stands in line, in one transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from inbox import errors, jobs, realtime
from inbox.models import Account, Conversation, Media, Membership, Message, User
from inbox.quota import GrantInForce, quota
from inbox.services.locks import lock_conversation
from platforms import content as said
from platforms import errors as platform_errors
from platforms.registry import get_platform


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent wants to say. `media` is the stored file of an image; `client_id` makes a repeat harmless."""

    content: said.Content
    client_id: str = ""
    media: Media | None = None


@transaction.atomic
def reply(conversation_id: int, draft: Draft, *, author: User, now: datetime) -> tuple[Message, bool]:
    """The message, and whether it is new: the same `client_id` again returns the same one.

    Raises NotYours, NotAllowed, ConversationClosed, AccountUnavailable, ContentRefused, WindowClosed, QuotaExhausted,
    Invalid for a `client_id` that a colleague has used here.
    """
    conversation = lock_conversation(conversation_id)
    before = _said_before(conversation, draft)
    if before is not None and before.sender_id == author.pk:
        return before, False
    require_owner(conversation, author)
    require_reply_grant(conversation, author)
    if before is not None:
        raise errors.Invalid(where="client_id", why="used")
    check_content(conversation.account, draft.content)
    grant = reserve(conversation, now=now)
    message = _write(conversation, draft, grant, author=author, now=now)
    _show(conversation, message, now=now)
    jobs.enqueue(jobs.DELIVER, conversation.customer_id)
    return message, True


def require_owner(conversation: Conversation, user: User) -> None:
    """NotYours with the owner's name, ConversationClosed."""
    if conversation.status == Conversation.Status.CLOSED:
        raise errors.ConversationClosed(reopens="customer_message")
    if conversation.assignee_id != user.pk:
        owner = conversation.assignee
        raise errors.NotYours(by=owner.username if owner else None)


def require_reply_grant(conversation: Conversation, user: User) -> None:
    """NotAllowed for trainees and for whoever is no longer a member."""
    mine = Membership.objects.filter(account_id=conversation.account_id, user=user, may_reply=True)
    if not mine.exists():
        raise errors.NotAllowed


def check_content(account: Account, content: said.Content) -> None:
    """ContentRefused with where and why, before anything is reserved."""
    try:
        get_platform(account.platform).check(content, settings=account.options)
    except platform_errors.ContentRefused as refusal:
        if refusal.platform_code == "type":
            raise errors.ContentRefused(where="type", why="unsupported") from refusal
        raise errors.ContentRefused(where=content.type, why=refusal.platform_code or str(refusal)) from refusal


def reserve(conversation: Conversation, *, now: datetime) -> GrantInForce:
    """The grant a reply may spend now; the caller holds the customer's lock and writes the reply under it."""
    if conversation.account.state != Account.State.ACTIVE:
        raise errors.AccountUnavailable(reopens="never")
    allowed = quota(conversation.customer_id, now=now)
    if allowed.grant is not None:
        return allowed.grant
    kind = errors.QuotaExhausted if allowed.is_open else errors.WindowClosed
    raise kind(reopens="customer_message")


def next_place() -> int:
    """The next number of the sequence that orders all messages."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('inbox_message', 'id'))")
        (place,) = cursor.fetchone()
    return int(place)


def _said_before(conversation: Conversation, draft: Draft) -> Message | None:
    if not draft.client_id:
        return None
    return conversation.messages.filter(client_id=draft.client_id).first()


def _write(conversation: Conversation, draft: Draft, grant: GrantInForce, *, author: User, now: datetime) -> Message:
    place = next_place()
    return Message.objects.create(
        id=place,
        position=place,
        conversation=conversation,
        account_id=conversation.account_id,
        customer_id=conversation.customer_id,
        author=Message.Author.AGENT,
        sender=author,
        type=draft.content.type,
        text=draft.content.text if isinstance(draft.content, said.Text) else "",
        content=said.as_json(draft.content),
        media=draft.media,
        state=Message.State.QUEUED,
        client_id=draft.client_id,
        received_at=now,
        grant_id=grant.id,
        attempt_key=uuid.uuid4(),
        next_attempt_at=now,
    )


def _show(conversation: Conversation, message: Message, *, now: datetime) -> None:
    conversation.last_message = message
    conversation.active_at = now
    conversation.unread = 0
    conversation.revision += 1
    conversation.save(update_fields=["last_message", "active_at", "unread", "revision"])
    realtime.publish(realtime.ConversationChanged(conversation.pk))
    realtime.publish(realtime.MessageChanged(message.pk))
