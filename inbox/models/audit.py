"""Everything done to a conversation, an account or a permission."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """Written in the transaction of what it tells. `actor` is null for what the system did by itself."""

    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=64)
    account = models.ForeignKey("inbox.Account", null=True, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey("inbox.Conversation", null=True, on_delete=models.CASCADE, related_name="+")
    details = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            # what happened to a conversation
            models.Index(fields=["conversation", "id"], name="audit_of_conversation"),
            # the log, newest first
            models.Index(fields=["-at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return self.action
