"""One conversation, told in the schema's examples."""

from __future__ import annotations

from typing import Any

MESSAGE: dict[str, Any] = {
    "id": 9001,
    "author": "customer",
    "type": "text",
    "text": "在吗",
    "content": {"type": "text", "text": "在吗"},
    "state": "received",
    "error": None,
    "sent_at": "2026-01-05T04:00:00+00:00",
    "received_at": "2026-01-05T04:00:00.231000+00:00",
    "external_id": "24012345678901234",
    "client_id": "",
}
REPLY: dict[str, Any] = {
    **MESSAGE,
    "id": 9002,
    "author": "agent",
    "text": "在的，请讲",
    "content": {"type": "text", "text": "在的，请讲"},
    "state": "queued",
    "sent_at": None,
    "received_at": "2026-01-05T04:00:09.512000+00:00",
    "external_id": "",
    "client_id": "b2f7c1",
}
SENT: dict[str, Any] = {**REPLY, "state": "sent", "sent_at": "2026-01-05T04:00:09.790000+00:00"}
NOTE: dict[str, Any] = {**REPLY, "type": "note", "text": "老客户", "content": {}, "state": "internal", "client_id": ""}
CONVERSATION: dict[str, Any] = {
    "id": 317,
    "status": "queued",
    "account": {"key": "wedding", "platform": "mini_program", "name": "全球婚纱摄影"},
    "customer": {"external_id": "oAbCdEf0123456789", "name": ""},
    "assignee": None,
    "waiting_since": "2026-01-05T04:00:00+00:00",
    "due_at": "2026-01-05T04:00:30+00:00",
    "quota": {"left": 5, "limit": 5, "expires_at": "2026-01-07T04:00:00+00:00"},
    "unread": 1,
    "revision": 2,
    "last_message": MESSAGE,
}
MINE: dict[str, Any] = {**CONVERSATION, "status": "assigned", "assignee": {"username": "xiaolin"}, "revision": 3}
CLOSED: dict[str, Any] = {**CONVERSATION, "status": "closed", "waiting_since": None, "due_at": None, "revision": 7}


def page(row: dict[str, Any]) -> dict[str, Any]:
    """A list with one row and more to come."""
    address = "https://onequeue.example/api/v1/…/?cursor=W2ZhbHNlXQ"
    return {"results": [row], "next": address, "previous": None}
