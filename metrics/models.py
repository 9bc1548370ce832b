"""Figures that are added up ahead, so that a dashboard's cost stays flat as history grows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Rollup(models.Model):
    """The rounds of one account and one agent (null: nobody answered) that started in one hour, added up.

    Seconds are sums over answered rounds; `capped_seconds` counts each at 600 s at most.
    """

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    rounds = models.PositiveIntegerField(default=0)  # in service hours, withdrawn ones left out
    offhours_rounds = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    answered_30s = models.PositiveIntegerField(default=0)
    answered_3m = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    dismissed = models.PositiveIntegerField(default=0)
    capped_seconds = models.FloatField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "agent", "hour"],
                nulls_distinct=False,
                name="one_rollup_per_account_agent_hour",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.hour}"
