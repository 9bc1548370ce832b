"""Answering with a picture: kept in our storage first, because a delivery reads it from there."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import File

from inbox import errors
from inbox.models import Conversation, Media, Message, User
from inbox.services.media import keep_upload
from inbox.services.reply import Draft, reply
from platforms import content as said


def reply_with_picture(
    conversation: Conversation, upload: File[bytes], *, client_id: str, author: User, now: datetime
) -> tuple[Message, bool]:
    """The message, and whether it is new. ContentRefused for no picture, else as `reply`; then nothing is kept."""
    media, file = keep_upload(conversation, upload, now=now)
    draft = Draft(content=said.Image(file=file), client_id=client_id, media=media)
    try:
        message, is_new = reply(conversation.pk, draft, author=author, now=now)
    except errors.InboxError:
        _discard(media)
        raise
    if not is_new:
        _discard(media)
    return message, is_new


def _discard(media: Media) -> None:
    media.file.delete(save=False)
    media.delete()
