"""System lines and notes: what stands in a conversation and never leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from inbox import realtime
from inbox.models import Conversation, Message, User


def write_line(
    conversation: Conversation, kind: str, *, now: datetime, by: User | None = None, **content: Any
) -> Message:
    """A grey line that says what happened (`type` is `kind`); `closed` and `dismissed` also end rounds."""
    line = _internal(conversation, Message.Author.SYSTEM, kind, now=now, sender=by, content=content)
    realtime.publish(realtime.MessageChanged(line.pk))
    return line


def write_note(conversation: Conversation, text: str, *, by: User, now: datetime) -> Message:
    """A yellow note for colleagues."""
    return _internal(conversation, Message.Author.AGENT, "note", now=now, sender=by, text=text)


def _internal(conversation: Conversation, author: str, kind: str, *, now: datetime, **fields: Any) -> Message:
    return Message.objects.create(
        conversation=conversation,
        account_id=conversation.account_id,
        customer_id=conversation.customer_id,
        author=author,
        type=kind,
        state=Message.State.INTERNAL,
        received_at=now,
        **fields,
    )
