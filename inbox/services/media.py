"""Files: a customer's are copied to our storage at once, an agent's are checked and kept."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db.models import F
from PIL import Image, UnidentifiedImageError

from inbox import errors, realtime
from inbox.models import Conversation, Media, Message
from platforms.base import Access
from platforms.content import MediaFile, MediaRef
from platforms.errors import MediaError, MediaUnavailable, SendError
from platforms.registry import get_platform

LEASE = timedelta(seconds=60)
IMAGE_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}


def claim(media_id: int, *, now: datetime) -> Media | None:
    """Take a file that is due; None if somebody else has it or it is done."""
    due = Media.objects.filter(pk=media_id, state=Media.State.PENDING, next_attempt_at__lte=now)
    if due.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1) == 0:
        return None
    media = Media.objects.select_related("account").get(pk=media_id)
    if media.attempts > settings.MEDIA_TRIES:  # whoever tried was lost each time
        _give_up(media, "given up")
        return None
    return media


def fetch(media: Media, *, access: Access, now: datetime) -> None:
    """Copy a claimed file from the platform; tried again later, or marked failed with the reason."""
    ref = MediaRef(**media.source)
    try:
        file = get_platform(media.account.platform).download(ref, limit_bytes=settings.MEDIA_LIMIT_BYTES, access=access)
    except MediaUnavailable as error:
        _give_up(media, str(error))
    except (MediaError, SendError) as error:
        _later(media, str(error), now=now)
    else:
        _keep(media, file)


def keep_upload(conversation: Conversation, upload: File[bytes], *, now: datetime) -> tuple[Media, MediaFile]:
    """An agent's picture, sniffed and stored. ContentRefused when it is none or too large."""
    if (upload.size or 0) > settings.MEDIA_LIMIT_BYTES:
        raise errors.ContentRefused(where="file", why="too_large", limit_bytes=settings.MEDIA_LIMIT_BYTES)
    body = upload.read()
    mime = sniff_image(body)
    if mime is None:
        raise errors.ContentRefused(where="file", why="not_an_image")
    name = f"image.{mime.rpartition('/')[2]}"
    media = Media(account_id=conversation.account_id, conversation=conversation, created_at=now)
    _fill(media, name, mime, body)
    media.save()
    return media, MediaFile(name=name, mime=mime, body=body)


def sniff_image(body: bytes) -> str | None:
    """The type a picture really has, whatever it is called; None if it is none we show."""
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.verify()
            return IMAGE_TYPES.get(image.format or "")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def left_behind(*, now: datetime, limit: int = 100) -> list[int]:
    """Files that are due."""
    due = Media.objects.filter(state=Media.State.PENDING, next_attempt_at__lte=now)
    return list(due.values_list("pk", flat=True)[:limit])


def _keep(media: Media, file: MediaFile) -> None:
    mime = sniff_image(file.body) or "application/octet-stream"
    _fill(media, file.name or "file", mime, file.body)
    media.save(update_fields=["file", "name", "mime", "size_bytes", "state", "error", "next_attempt_at"])
    _changed(media)


def _fill(media: Media, name: str, mime: str, body: bytes) -> None:
    media.name, media.mime, media.size_bytes = name[:255], mime, len(body)
    media.state, media.error, media.next_attempt_at = Media.State.STORED, "", None
    media.file.save(f"{media.conversation_id}-{mime.rpartition('/')[2]}", ContentFile(body), save=False)


def _later(media: Media, why: str, *, now: datetime) -> None:
    if media.attempts >= settings.MEDIA_TRIES:
        _give_up(media, why)
        return
    wait = timedelta(seconds=2 ** min(media.attempts, 8))
    Media.objects.filter(pk=media.pk, state=Media.State.PENDING).update(next_attempt_at=now + wait, error=why[:255])


def _give_up(media: Media, why: str) -> None:
    Media.objects.filter(pk=media.pk, state=Media.State.PENDING).update(
        state=Media.State.FAILED, error=why[:255], next_attempt_at=None
    )
    _changed(media)


def _changed(media: Media) -> None:
    for pk in Message.objects.filter(media=media).values_list("pk", flat=True):
        realtime.publish(realtime.MessageChanged(pk))
