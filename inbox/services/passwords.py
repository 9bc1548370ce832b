"""Passwords: changing one signs out everybody else who came in with the old one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from inbox import realtime
from inbox.models import User
from inbox.services.api_tokens import end_tokens
from inbox.services.audit import record


@transaction.atomic
def set_password(user: User, password: str, *, by: User | None, now: datetime) -> None:
    """Give `user` this password, which ends every other session of theirs.

    One set by somebody else or by command (`by` None) also ends their API tokens: whoever had to set it may mean to
    shut somebody out. It has to be changed at the next sign-in. One's own change leaves one's programs alone.
    """
    is_own = by is not None and by.pk == user.pk
    user.set_password(password)
    user.must_change_password = not is_own
    user.save(update_fields=["password", "must_change_password"])
    ended = 0 if is_own else end_tokens(user)
    record("user.password", actor=by, now=now, user=user.pk, tokens_ended=ended)
    realtime.publish(realtime.AccessChanged(user.pk))
