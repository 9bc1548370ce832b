"""Passwords: changing one signs out everybody else who came in with the old one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from inbox import realtime
from inbox.models import User
from inbox.services.audit import record


@transaction.atomic
def set_password(user: User, password: str, *, by: User | None, now: datetime) -> None:
    """Give `user` this password; one set by somebody else has to be changed at the next sign-in."""
    user.set_password(password)
    user.must_change_password = by is None or by.pk != user.pk
    user.save(update_fields=["password", "must_change_password"])
    record("user.password", actor=by, now=now, user=user.pk)
    realtime.publish(realtime.AccessChanged(user.pk))
