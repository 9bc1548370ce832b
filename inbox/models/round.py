"""Customer messages waiting, up to the first human reply: the unit of response metrics (domain.md §5)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Round(models.Model):
    """One round with all its clocks.

    `started_at`: the platform's time of its first message, never after our receipt. `received_at`: our receipt of
    that message. `handed_at`: when it was given to humans. `accepted_at`: when the answering agent took the
    conversation. `written_at`: when the ending reply was written. `ended_at`: when the platform took it (or the
    round was dismissed, missed, withdrawn).
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting")
        ANSWERED = "answered", _("Answered")
        OUTSIDE = "outside", _("Answered on the platform")
        DISMISSED = "dismissed", _("No reply needed")
        MISSED = "missed", _("Missed")
        WITHDRAWN = "withdrawn", _("Withdrawn by the customer")

    conversation = models.ForeignKey("inbox.Conversation", on_delete=models.CASCADE, related_name="rounds")
    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    is_first = models.BooleanField()  # of its conversation
    started_at = models.DateTimeField()
    received_at = models.DateTimeField()
    handed_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reply = models.ForeignKey("inbox.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    in_hours = models.BooleanField(default=True)  # started within the account's service hours
    arrived_late = models.BooleanField(default=False)  # received more than 5 s after it was said
    reply_failed = models.BooleanField(default=False)  # its first reply failed at the platform
    unattended = models.BooleanField(default=False)  # nobody eligible was online when it came
    hollow = models.BooleanField(default=False)  # answered with a word that says nothing

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation"], condition=Q(state="open"), name="one_open_round"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="ended_round_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(agent__isnull=False, reply__isnull=False),
                name="answered_round_has_agent_and_reply",
            ),
        ]
        indexes: ClassVar = [
            # a period of an account: summary, drill-down, rollups
            models.Index(fields=["account", "started_at", "id"], name="rounds_of_account"),
            # a period of an agent
            models.Index(fields=["agent", "started_at", "id"], name="rounds_of_agent"),
            # who waits now
            models.Index(fields=["account", "started_at"], condition=Q(state="open"), name="rounds_open"),
            # a conversation's rounds in order
            models.Index(fields=["conversation", "id"], name="rounds_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"round {self.pk}"


class RoundChange(models.Model):
    """A round of this account and agent that started in this hour has changed; `metrics` adds it up and forgets it."""

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account_id} at {self.hour}"
