"""One thing said in a conversation, and for a reply, its way to the platform."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """A customer's word, a reply, a note or a system line; `id` is the order in which they were stored.

    `sent_at` is the platform's time of a customer's word, and of a reply the moment the platform took it.
    `position` orders replies to one customer; it is drawn from the sequence of `id`, so that "was this stored after
    that reply was written" is a comparison, also after a retry.
    `attempt` counts tries; `lease_until` is when an unanswered one is given up; `attempt_key` is one human decision.
    """

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")
        BOT = "bot", _("Bot")
        SYSTEM = "system", _("System")
        OUTSIDE = "outside", _("Colleague on the platform")

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        INTERNAL = "internal", _("Internal")
        QUEUED = "queued", _("Waiting to be sent")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Taken by the platform")
        FAILED = "failed", _("Not sent")
        UNKNOWN = "unknown", _("Outcome unknown")

    conversation = models.ForeignKey("inbox.Conversation", on_delete=models.CASCADE, related_name="messages")
    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey("inbox.Customer", on_delete=models.CASCADE, related_name="+")
    author = models.CharField(max_length=16, choices=Author)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    type = models.CharField(max_length=32)
    text = models.TextField(blank=True)
    content = models.JSONField(default=dict)
    media = models.ForeignKey("inbox.Media", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    raw = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State)
    error = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    client_id = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    recalled_at = models.DateTimeField(null=True, blank=True)
    counts = models.BooleanField(default=True)  # False: a thanks after the close, which opens no round
    round = models.ForeignKey("inbox.Round", null=True, on_delete=models.SET_NULL, related_name="messages")

    position = models.BigIntegerField(null=True, blank=True)
    grant = models.ForeignKey("inbox.Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    attempt = models.PositiveIntegerField(default=0)
    attempt_key = models.UUIDField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempt_started_at = models.DateTimeField(null=True, blank=True)
    attempt_ended_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    doubted = models.PositiveIntegerField(default=0)  # earlier attempts of unknown fate, repeated at a human's word
    doubted_at = models.DateTimeField(null=True, blank=True)  # when the last of them ended: they still count

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "external_id"],
                condition=Q(author="customer") & ~Q(external_id=""),
                name="message_stored_once",
            ),
            models.UniqueConstraint(
                fields=["conversation", "client_id"], condition=~Q(client_id=""), name="client_id_used_once"
            ),
            models.UniqueConstraint(fields=["customer"], condition=Q(state="sending"), name="one_sending_per_customer"),
            models.CheckConstraint(
                condition=~Q(state__in=["queued", "sending"])
                | Q(position__isnull=False, grant__isnull=False, attempt_key__isnull=False),
                name="reply_on_its_way_has_place_and_grant",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False), name="sending_reply_has_lease"
            ),
        ]
        indexes: ClassVar = [
            # a conversation's history, newest first
            models.Index(fields=["conversation", "-id"], name="history_of_conversation"),
            # the line of replies to a customer
            models.Index(fields=["customer", "position"], condition=Q(state__in=["queued", "sending"]), name="line"),
            # replies that count against a grant
            models.Index(
                fields=["customer", "attempt_ended_at"],
                condition=Q(state__in=["sent", "unknown"]),
                name="spent",
            ),
            models.Index(fields=["customer", "doubted_at"], condition=Q(doubted__gt=0), name="spent_in_doubt"),
            # the sweep: replies due
            models.Index(fields=["next_attempt_at"], condition=Q(state="queued"), name="replies_due"),
            # the sweep: replies whose worker died; and how many an account has under way
            models.Index(fields=["account", "lease_until"], condition=Q(state="sending"), name="replies_under_way"),
            # an outside or failed reply named by the platform's id
            models.Index(fields=["account", "external_id"], condition=~Q(external_id=""), name="message_by_external"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def is_reply(self) -> bool:
        """Meant for the customer."""
        return self.author in (self.Author.AGENT, self.Author.BOT) and self.state != self.State.INTERNAL
