"""What a web process does besides answering: it says that it is up."""

from __future__ import annotations

import asyncio

import structlog
from django.conf import settings
from django.db import Error
from django.utils import timezone
from psycopg_pool import PoolTimeout

from inbox.perloop import PerLoop
from inbox.services.liveness import beat
from inbox.threads import in_thread

log = structlog.get_logger(__name__)
WEB = "web"


def start() -> None:
    """Once per event loop; called with each request, since Daphne does not tell when a process begins."""
    _tasks.here()


def _start() -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(_beat_on(), name="liveness")


_tasks = PerLoop(_start)


async def _beat_on() -> None:
    while True:
        try:
            await in_thread(beat, WEB, timezone.now())
        except (Error, PoolTimeout) as error:
            log.warning("liveness.missed", error=type(error).__name__)
        except Exception:  # the worker loop: the next beat may succeed
            log.exception("liveness.failed")
        await asyncio.sleep(settings.LIVENESS_EVERY.total_seconds())
