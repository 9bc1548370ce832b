"""What metrics does in the background."""

from __future__ import annotations

from celery import shared_task

from inbox import jobs
from metrics import services

BATCH = 500
RUNS = 100  # in one task; the next one goes on


@shared_task(name=jobs.ADD_UP, acks_late=True, time_limit=60, ignore_result=True)
def add_up() -> None:
    """Bring the rollups up to date."""
    for _ in range(RUNS):
        if services.add_up(limit=BATCH) < BATCH:
            return
