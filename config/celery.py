"""The worker and the beat: `celery -A config worker` and `celery -A config beat` need no other option.

Sweeps run every few seconds and find whatever a lost job would have done; a sweep that nobody fetched in time expires.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging, task_postrun, task_prerun
from django.conf import settings
from kombu import Exchange, Queue

from inbox import jobs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("onequeue")
app.set_default()  # in every thread; "current" is the importing thread's only
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def every(name: str, period: timedelta) -> dict[str, Any]:
    """A line of the beat table; what was not fetched within two periods is forgotten, so that none pile up."""
    expires = max(2.0, 2 * period.total_seconds())
    return {
        "task": name,
        "schedule": period,
        "options": {"queue": jobs.QUEUES[name], "expires": expires, "retry": False},
    }


app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in sorted(set(jobs.QUEUES.values()))]
app.conf.task_routes = {name: {"queue": queue} for name, queue in jobs.QUEUES.items()}
app.conf.beat_schedule = {
    line["task"]: line
    for line in (
        every(jobs.SWEEP_HOOKS, settings.SWEEP_EVERY),
        every(jobs.SWEEP_REPLIES, settings.SWEEP_EVERY),
        every(jobs.SWEEP_QUEUE, settings.SWEEP_EVERY),
        every(jobs.SWEEP_MEDIA, timedelta(seconds=5)),
        every(jobs.ADD_UP, settings.ROLLUP_EVERY),
        every(jobs.BEAT, settings.LIVENESS_EVERY),
        every(jobs.SWEEP_JOURNAL, timedelta(hours=1)),
    )
}


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Having a receiver keeps Celery from setting up logging: config/logs.py has."""


@task_prerun.connect
def _remember_request(task: Task[Any, Any], task_id: str, **_: object) -> None:
    structlog.contextvars.clear_contextvars()
    request_id = getattr(task.request, jobs.REQUEST_ID, "")
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    if request_id:
        structlog.contextvars.bind_contextvars(request_id=request_id)


@task_postrun.connect
def _forget_request(**_: object) -> None:
    structlog.contextvars.clear_contextvars()
