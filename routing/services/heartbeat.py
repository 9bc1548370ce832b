"""Heartbeats of sockets: who was heard of, many in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from inbox import realtime

_HEARD = """
WITH before AS (
    SELECT user_id, connected_until FROM routing_agent WHERE user_id = ANY(%(users)s)
    ORDER BY user_id FOR NO KEY UPDATE
)
UPDATE routing_agent SET connected_until = greatest(routing_agent.connected_until, %(until)s)
FROM before WHERE routing_agent.user_id = before.user_id
RETURNING before.user_id, before.connected_until IS NULL OR before.connected_until <= %(now)s
"""


@transaction.atomic
def hear_of(users: Iterable[int], *, now: datetime) -> None:
    """These people are connected for PRESENCE_SOCKET from `now`, or longer if they were; tell of who is back."""
    with connection.cursor() as cursor:
        until = now + settings.PRESENCE_SOCKET
        cursor.execute(_HEARD, {"users": list(users), "until": until, "now": now})
        for user, is_back in cursor.fetchall():
            if is_back:
                realtime.publish(realtime.PresenceChanged(user))
