"""Routing's work in the background."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from inbox import jobs
from routing.services.presence import drop_gone, requeue_left


@shared_task(name=jobs.SWEEP_QUEUE)
def sweep_queue() -> None:
    """Agents who are gone, and conversations that nobody is at."""
    now = timezone.now()
    drop_gone(now=now)
    requeue_left(now=now)
