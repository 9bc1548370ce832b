"""For whoever watches over the processes: `/healthz` alive, `/readyz` ready, `/metrics` measured.

Answered before Django, so that they also answer when every thread waits for a hung database.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import psycopg
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from inbox.bus import bus
from inbox.direct import DatabaseAway, Direct
from inbox.perloop import PerLoop
from inbox.plain import Receive, Scope, Send, respond
from platforms.base import Answer

WORKER_HEARD_WITHIN = timedelta(seconds=30)
DATABASE_WITHIN = timedelta(seconds=2)

_database = PerLoop(lambda: Direct("health", limit=DATABASE_WITHIN))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one of ANSWERS."""
    await respond(send, await ANSWERS[scope["path"]]())


async def healthz() -> Answer:
    """This process answers."""
    return Answer(b"ok")


async def readyz() -> Answer:
    """What this process needs is there; 503 says what is not."""
    worker_since = timezone.now() - WORKER_HEARD_WITHIN
    (database, worker), redis = await asyncio.gather(_ask_database(worker_since), asyncio.to_thread(_redis_answers))
    parts = {"database": database, "redis": redis, "worker": worker}
    ready = all(parts.values())
    body = json.dumps({"ready": ready, **parts}).encode()
    return Answer(body, "application/json", status=200 if ready else 503)


async def metrics() -> Answer:
    """This process's figures, for Prometheus."""
    return Answer(generate_latest(), CONTENT_TYPE_LATEST)


ANSWERS: dict[str, Callable[[], Awaitable[Answer]]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}


async def _ask_database(worker_since: Any) -> tuple[bool, bool]:
    """Whether it answers, and whether a worker was heard since."""
    asked = "SELECT 1 FROM inbox_liveness WHERE part = 'worker' AND seen_at >= %s"
    try:
        return True, bool(await _database.here().rows(asked, [worker_since]))
    except (DatabaseAway, psycopg.Error):
        return False, False


def _redis_answers() -> bool:
    try:
        return bool(bus().ping())
    except RedisError:
        return False
