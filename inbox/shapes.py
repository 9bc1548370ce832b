"""A conversation and a message as the API and the socket say them (architecture.md §4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from inbox.models import Conversation, Media, Message
from inbox.quota import Quota, quotas


def conversations(rows: Iterable[Conversation], *, now: datetime) -> list[dict[str, Any]]:
    """Each of `rows` (of `queries.with_row`); one query for the quotas of all."""
    found = list(rows)
    allowed = quotas([row.customer_id for row in found], now=now)
    return [conversation(row, quota=allowed[row.customer_id]) for row in found]


def conversation(row: Conversation, *, quota: Quota) -> dict[str, Any]:
    """One conversation with what its customer's platform still allows."""
    return {
        "id": row.pk,
        "status": row.status,
        "account": {"key": row.account.key, "platform": row.account.platform, "name": row.account.name},
        "customer": {"external_id": row.customer.external_id, "name": row.customer.name},
        "assignee": {"username": row.assignee.username} if row.assignee else None,
        "waiting_since": stamp(row.waiting_since),
        "due_at": stamp(row.due_at),
        "quota": quota.as_json(),
        "unread": row.unread,
        "revision": row.revision,
        "last_message": message(row.last_message) if row.last_message else None,
    }


def message(row: Message) -> dict[str, Any]:
    """One message; in its `content` the platform's reference to a file is replaced by our own."""
    return {
        "id": row.pk,
        "author": row.author,
        "type": row.type,
        "text": row.text,
        "content": {**row.content, "media": media(row.media)} if row.media else row.content,
        "state": row.state,
        "error": row.error or None,
        "sent_at": stamp(row.sent_at),
        "received_at": stamp(row.received_at),
        "external_id": row.external_id,
        "client_id": row.client_id,
    }


def media(row: Media) -> dict[str, Any]:
    """A file: `url` answers once `state` is stored."""
    return {
        "id": row.pk,
        "url": f"/api/v1/media/{row.pk}/",
        "state": row.state,
        "name": row.name,
        "mime": row.mime,
        "size_bytes": row.size_bytes,
    }


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 with offset."""
    return at.isoformat() if at else None
