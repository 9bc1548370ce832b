"""What platforms pushed, exactly as it came, and which of their events we have."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Hook(models.Model):
    """One acknowledged push. The gateway inserts rows with SQL of its own; `db_default`s are for it.

    `body` is the raw bytes, `opened` the plain body. DEAD rows say why in `reason` and can be replayed.
    """

    class State(models.TextChoices):
        NEW = "new", _("To be processed")
        DONE = "done", _("Processed")
        DEAD = "dead", _("Not understood")
        HELD = "held", _("Held, account paused")

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="hooks")
    received_at = models.DateTimeField()
    path = models.CharField(max_length=64, blank=True, default="")
    headers = models.JSONField(default=dict)
    query = models.JSONField(default=dict)
    body = models.BinaryField()
    opened = models.BinaryField()
    state = models.CharField(max_length=8, choices=State, default=State.NEW, db_default="new")
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    leased_until = models.DateTimeField(null=True, blank=True)  # a worker is at it
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            # the sweep: what a dead worker left
            models.Index(fields=["received_at"], condition=Q(state="new"), name="hooks_unprocessed"),
            # an account's journal, newest first
            models.Index(fields=["account", "-id"], name="hooks_of_account"),
            # dead letters and held ones
            models.Index(fields=["account", "state", "-id"], condition=Q(state__in=["dead", "held"]), name="hooks_odd"),
            # dropped after 30 days
            models.Index(fields=["processed_at"], condition=Q(state="done"), name="hooks_processed"),
        ]

    def __str__(self) -> str:
        return f"hook {self.pk}"


class SeenEvent(models.Model):
    """A platform's event key that was stored once and never will be again."""

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "key"], name="event_seen_once"),
        ]
        indexes: ClassVar = [
            # dropped after 30 days, long after the last retry of any platform
            models.Index(fields=["seen_at"], name="events_by_age"),
        ]

    def __str__(self) -> str:
        return self.key
