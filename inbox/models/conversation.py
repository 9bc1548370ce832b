"""One service session between a customer and an account, and who owned it when."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Conversation(models.Model):
    """queued → assigned → closed.

    `waiting_since` is the start of its open round, null when nobody waits; `due_at` is when the target is missed;
    `urgent_at` orders lists: the smaller, the sooner. `revision` grows with every change that a page shows.
    `reserved_for` may accept alone until `reserved_until`.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        ASSIGNED = "assigned", _("In service")
        CLOSED = "closed", _("Closed")

    account = models.ForeignKey("inbox.Account", on_delete=models.CASCADE, related_name="conversations")
    customer = models.ForeignKey("inbox.Customer", on_delete=models.CASCADE, related_name="conversations")
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="conversations",
    )
    last_assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    group = models.ForeignKey("routing.Group", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reserved_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reserved_until = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    assigned_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    urgent_at = models.DateTimeField()
    active_at = models.DateTimeField()
    revision = models.BigIntegerField(default=1)
    unread = models.PositiveIntegerField(default=0)
    last_message = models.ForeignKey("inbox.Message", null=True, on_delete=models.SET_NULL, related_name="+")
    entry_kind = models.CharField(max_length=32, default="unknown")
    entry_value = models.CharField(max_length=1024, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer"], condition=~Q(status="closed"), name="customer_has_one_live_conversation"
            ),
            models.CheckConstraint(
                condition=Q(status="assigned", assignee__isnull=False)
                | (~Q(status="assigned") & Q(assignee__isnull=True)),
                name="assigned_conversation_has_assignee",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_at__isnull=True)),
                name="closed_conversation_has_time",
            ),
        ]
        indexes: ClassVar = [
            # the queue of an account, most urgent first; also "accept next"
            models.Index(fields=["account", "urgent_at", "id"], condition=Q(status="queued"), name="queue_by_urgency"),
            # an agent's own conversations, and what occupies them
            models.Index(
                fields=["assignee", "urgent_at", "id"], condition=Q(status="assigned"), name="desk_by_urgency"
            ),
            # the sweep: who is left unanswered
            models.Index(
                fields=["waiting_since"],
                condition=Q(status="assigned", waiting_since__isnull=False),
                name="unanswered",
            ),
            # the queue across accounts
            models.Index(fields=["urgent_at", "id"], condition=Q(status="queued"), name="queue_of_all"),
            # supervisors: everything assigned of an account
            models.Index(
                fields=["account", "urgent_at", "id"],
                condition=Q(status="assigned"),
                name="assigned_by_urgency",
            ),
            # the whole list of an account, whatever the status
            models.Index(fields=["account", "urgent_at", "id"], name="all_by_urgency"),
            # ended conversations, newest first
            models.Index(fields=["account", "-closed_at", "-id"], condition=Q(status="closed"), name="ended_newest"),
            # the same across accounts, for supervisors
            models.Index(fields=["-closed_at", "-id"], condition=Q(status="closed"), name="ended_of_all"),
            # ended conversations that somebody had
            models.Index(
                fields=["last_assignee", "-closed_at", "-id"],
                condition=Q(status="closed"),
                name="ended_of_agent",
            ),
            # a customer's earlier conversations
            models.Index(fields=["customer", "-id"], name="history_of_customer"),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Assignment(models.Model):
    """The period in which one agent owns one conversation; a deferred trigger ties it to `status`."""

    class Ended(models.TextChoices):
        CLOSED = "closed", _("Conversation closed")
        TRANSFERRED = "transferred", _("Transferred")
        TAKEN_OVER = "taken_over", _("Taken over")
        SILENT = "silent", _("Left unanswered")
        GONE = "gone", _("Offline")

    LEFT_OPEN = (Ended.TRANSFERRED, Ended.SILENT, Ended.GONE)

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="assignments")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=16, choices=Ended, blank=True)
    left_open = models.BooleanField(default=False)  # ended while a customer waited

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(ended_at__isnull=True), name="one_open_assignment"
            ),
        ]
        indexes: ClassVar = [
            # handled and left_open of an agent in a period
            models.Index(fields=["agent", "started_at"], name="assignments_of_agent"),
            # which conversations somebody has had
            models.Index(fields=["conversation", "agent"], name="assignments_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} on {self.conversation_id}"


class ConversationTag(models.Model):
    """Why the customer came, in a word."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "name"], name="tag_once_per_conversation"),
        ]

    def __str__(self) -> str:
        return self.name
