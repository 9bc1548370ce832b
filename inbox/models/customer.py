"""One person as one account sees them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext


class Customer(models.Model):
    """Its row is the lock under which everything that concerns this customer is serialised.

    `entered_at` and the entry are the last enter-session event, shown in the live or next conversation.
    """

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="customers")
    external_id = models.CharField(max_length=128)
    name = models.CharField(max_length=120, blank=True)
    entered_at = models.DateTimeField(null=True, blank=True)
    entry_kind = models.CharField(max_length=32, default="unknown")
    entry_value = models.CharField(max_length=1024, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "external_id"], name="customer_known_once"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name, or the tail of the platform's id: agents tell strangers apart by it."""
        return self.name or gettext("Customer %(tail)s") % {"tail": self.external_id[-4:]}
