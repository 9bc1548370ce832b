"""A shop, mini-program, Channels or Douyin account connected to us, and who works on it."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inbox.crypto import seal, unseal
from platforms.registry import PLATFORMS


def platform_choices() -> list[tuple[str, str]]:
    """Every registered platform: a new one needs no migration."""
    return [(kind, kind) for kind in PLATFORMS]


class Account(models.Model):
    """One connected account. `secrets` are encrypted at rest; `options` are its settings, as text."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        REMOVED = "removed", _("Removed")

    class Road(models.TextChoices):
        API = "api", _("Platform API")
        BRIDGE = "bridge", _("Signed bridge")
        ASSISTED = "assisted", _("Assisted by hand")

    class RoutingMode(models.TextChoices):
        GRAB = "grab", _("First to accept")

    class QueueOrder(models.TextChoices):
        LONGEST = "longest", _("Longest waiting first")

    key = models.SlugField(max_length=64, unique=True)
    platform = models.CharField(max_length=32, choices=platform_choices)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    road = models.CharField(max_length=16, choices=Road, default=Road.API)
    sealed_secrets = models.TextField(db_column="secrets", editable=False)
    options = models.JSONField(default=dict, blank=True)
    app_id = models.CharField(max_length=128, blank=True)  # siblings share it
    address = models.CharField(max_length=128, blank=True)  # the platform's id of this very account
    api_base = models.CharField(max_length=255, blank=True)  # "" is the platform's own
    routing_mode = models.CharField(max_length=16, choices=RoutingMode, default=RoutingMode.GRAB)
    queue_order = models.CharField(max_length=16, choices=QueueOrder, default=QueueOrder.LONGEST)
    service_hours = models.CharField(max_length=255, default="08:00:00-22:59:59")
    target_seconds = models.PositiveIntegerField(default=30)
    max_agents = models.PositiveIntegerField(null=True, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="accounts")
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # the sibling that an event on a shared URL is for
            models.Index(fields=["platform", "app_id", "address"], name="account_by_address"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> dict[str, str]:
        """Decrypted when they are asked for, so that one account's lost key harms no list. InvalidToken."""
        found: dict[str, str] = unseal(self.sealed_secrets)
        return found

    @secrets.setter
    def secrets(self, secrets: dict[str, str]) -> None:
        self.sealed_secrets = seal(secrets)

    @property
    def target(self) -> timedelta:
        """How fast a human should answer."""
        return timedelta(seconds=self.target_seconds)


class Membership(models.Model):
    """One person's work on one account and what they may do there."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    may_reply = models.BooleanField(default=True)
    may_orders = models.BooleanField(default=False)
    may_aftersale = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "user"], name="one_membership_per_person_and_account"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.account_id}"
