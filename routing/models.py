"""Who can answer: agents with their presence and capacity, and groups of them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Agent(models.Model):
    """A person as somebody who answers. Its row is the lock for their capacity.

    `state` is what they chose; it holds only while `connected_until` lies ahead (a heartbeat pushes it on).
    """

    class State(models.TextChoices):
        ONLINE = "online", _("Online")
        AWAY = "away", _("Away")
        OFFLINE = "offline", _("Offline")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    state = models.CharField(max_length=16, choices=State, default=State.OFFLINE)
    state_since = models.DateTimeField(null=True, blank=True)
    connected_until = models.DateTimeField(null=True, blank=True)
    capacity = models.PositiveIntegerField(default=8)

    class Meta:
        indexes: ClassVar = [
            # the sweep: who is gone
            models.Index(fields=["state", "connected_until"], name="agents_by_presence"),
        ]

    def __str__(self) -> str:
        return f"agent {self.pk}"

    def is_connected(self, now: datetime) -> bool:
        """A heartbeat was heard lately."""
        return self.connected_until is not None and self.connected_until > now

    def is_online(self, now: datetime) -> bool:
        """May be given conversations."""
        return self.state == self.State.ONLINE and self.is_connected(now)


class Group(models.Model):
    """Agents a conversation can be transferred to together."""

    name = models.CharField(max_length=80, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="service_groups", blank=True)

    def __str__(self) -> str:
        return self.name
