"""Which of our own parts were heard of lately."""

from __future__ import annotations

from django.db import models


class Liveness(models.Model):
    """`web` and `worker` beat every few seconds; `up_since` moves when a beat comes after a gap."""

    part = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField()
    up_since = models.DateTimeField()

    def __str__(self) -> str:
        return self.part
