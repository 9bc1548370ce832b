"""How far we have read at a platform that only knocks."""

from __future__ import annotations

from django.db import models


class PullCursor(models.Model):
    """`cursor` is the platform's own. One puller at a time holds the lease; a knock makes it go round again."""

    account = models.OneToOneField("inbox.Account", on_delete=models.CASCADE, primary_key=True, related_name="+")
    cursor = models.TextField(blank=True)
    knocked = models.BooleanField(default=False)
    knock = models.TextField(blank=True)
    pulling_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"cursor of {self.account_id}"
