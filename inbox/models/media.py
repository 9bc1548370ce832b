"""A file of a conversation, in our own storage."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Media(models.Model):
    """Copied from the platform at once (its links expire), or uploaded by an agent. `source` is where to fetch it."""

    class State(models.TextChoices):
        PENDING = "pending", _("Being fetched")
        STORED = "stored", _("Stored")
        FAILED = "failed", _("Could not be fetched")

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey("inbox.Conversation", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    source = models.JSONField(default=dict)
    file = models.FileField(upload_to="media/%Y/%m/%d", max_length=255, blank=True)
    name = models.CharField(max_length=255, blank=True)
    mime = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=255, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # the sweep: files still to be fetched
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="media_due"),
        ]

    def __str__(self) -> str:
        return self.name or f"media {self.pk}"
