"""Figures that are added up ahead, so that a dashboard's cost stays flat as history grows."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models


class Rollup(models.Model):
    """The rounds of one account that started in one hour, added up.

    `agent` null: the account's figures, on the customer's clock. Else those of the rounds that this agent
    ended, on the agent's clock. Each count is the number of rounds for which the condition of the same name
    in `metrics.figures` holds; `capped_wait` is the sum over answered rounds, each at 600 s at most.
    """

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    rounds = models.PositiveIntegerField(default=0)
    offhours_rounds = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    answered_30s = models.PositiveIntegerField(default=0)
    answered_3m = models.PositiveIntegerField(default=0)
    outside = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    dismissed = models.PositiveIntegerField(default=0)
    first_answered = models.PositiveIntegerField(default=0)
    first_answered_30s = models.PositiveIntegerField(default=0)
    first_missed = models.PositiveIntegerField(default=0)
    first_dismissed = models.PositiveIntegerField(default=0)
    arrived_late = models.PositiveIntegerField(default=0)
    reply_failed = models.PositiveIntegerField(default=0)
    capped_wait = models.DurationField(default=timedelta)

    class Meta:
        constraints: ClassVar = [
            # also the index for a period of an account, added up or to be added up anew
            models.UniqueConstraint(
                fields=["account", "agent", "hour"],
                nulls_distinct=False,
                name="one_rollup_per_account_agent_hour",
            ),
        ]
        indexes: ClassVar = [
            # adding up anew: everything of an account's hours, whoever the agent
            models.Index(fields=["account", "hour"], name="rollups_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.hour}"
