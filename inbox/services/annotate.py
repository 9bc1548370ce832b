"""Notes, tags and the read mark: what colleagues leave on a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from inbox import errors, realtime
from inbox.models import Conversation, ConversationTag, Message, User
from inbox.services.audit import record
from inbox.services.lines import write_note
from inbox.services.locks import lock_conversation

TAG_LENGTH = 40
TAGS_PER_CONVERSATION = 20


@transaction.atomic
def note(conversation_id: int, text: str, *, by: User, now: datetime) -> Message:
    """Write a note; it never leaves."""
    conversation = lock_conversation(conversation_id)
    message = write_note(conversation, text, by=by, now=now)
    record("conversation.note", actor=by, now=now, conversation=conversation, message=message.pk)
    _bump(conversation)
    realtime.publish(realtime.MessageChanged(message.pk))
    return message


@transaction.atomic
def tag(conversation_id: int, names: Iterable[str], *, by: User, now: datetime) -> list[str]:
    """Make these the conversation's tags, in alphabetical order. Invalid for too long or too many."""
    wanted = sorted({name.strip() for name in names if name.strip()})
    if len(wanted) > TAGS_PER_CONVERSATION or any(len(name) > TAG_LENGTH for name in wanted):
        raise errors.Invalid(where="tags")
    conversation = lock_conversation(conversation_id)
    ConversationTag.objects.filter(conversation=conversation).exclude(name__in=wanted).delete()
    rows = [ConversationTag(conversation=conversation, name=name) for name in wanted]
    ConversationTag.objects.bulk_create(rows, ignore_conflicts=True)
    record("conversation.tag", actor=by, now=now, conversation=conversation, tags=wanted)
    _bump(conversation)
    return wanted


@transaction.atomic
def read(conversation_id: int, *, by: User) -> None:
    """The owner has seen what is there. Of anybody else it says nothing."""
    conversation = lock_conversation(conversation_id)
    if conversation.assignee_id == by.pk and conversation.unread:
        conversation.unread = 0
        _bump(conversation)


def _bump(conversation: Conversation) -> None:
    conversation.revision += 1
    conversation.save(update_fields=["revision", "unread"])
    realtime.publish(realtime.ConversationChanged(conversation.pk))
