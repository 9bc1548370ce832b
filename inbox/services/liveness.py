"""Our own parts say that they are there."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection

_BEAT = """
INSERT INTO inbox_liveness AS known (part, seen_at, up_since) VALUES (%(part)s, %(now)s, %(now)s)
ON CONFLICT (part) DO UPDATE SET
    seen_at = greatest(known.seen_at, excluded.seen_at),
    up_since = CASE
        WHEN known.seen_at < excluded.seen_at - make_interval(secs => %(gap)s) THEN excluded.seen_at
        ELSE known.up_since
    END
"""


def beat(part: str, now: datetime) -> None:
    """`part` (web, worker) is up at `now`; after a gap longer than LIVENESS_GAP it is up since now."""
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, {"part": part, "now": now, "gap": settings.LIVENESS_GAP.total_seconds()})
