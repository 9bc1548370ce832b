"""The people who work here and the tokens their programs use."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Somebody who answers, supervises or administrates."""

    class Role(models.TextChoices):
        AGENT = "agent", _("Agent")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMIN = "admin", _("Administrator")

    role = models.CharField(max_length=16, choices=Role, default=Role.AGENT)
    real_name = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    language = models.CharField(max_length=16, blank=True)  # "" follows LANGUAGE_CODE
    must_change_password = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phone"], condition=~Q(phone=""), name="phone_belongs_to_one_person"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """What colleagues read."""
        return self.real_name or self.username

    @property
    def supervises(self) -> bool:
        """Sees everything of their accounts."""
        return self.role in (self.Role.SUPERVISOR, self.Role.ADMIN)

    @property
    def administrates(self) -> bool:
        """Sees every account and may change it."""
        return self.role == self.Role.ADMIN


class ApiToken(models.Model):
    """A program's way in. Only the SHA-256 of the token is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"token of {self.user_id}"
