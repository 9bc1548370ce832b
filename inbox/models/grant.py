"""What a platform allows after a customer's action."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Grant(models.Model):
    """`limit` replies until `expires_at`; of each kind only the newest `begins_at` is in force.

    `refused_at` is when the platform itself said it is used up or over; the platform is the truth.
    """

    customer = models.ForeignKey("inbox.Customer", on_delete=models.CASCADE, related_name="grants")
    kind = models.CharField(max_length=16)
    context = models.CharField(max_length=255, blank=True)
    limit = models.PositiveIntegerField()
    begins_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("begins_at")), name="grant_ends_after_it_begins"
            ),
        ]
        indexes: ClassVar = [
            # the grant in force
            models.Index(fields=["customer", "kind", "-begins_at", "-id"], name="grant_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} grant of {self.customer_id}"
