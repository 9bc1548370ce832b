"""Who works where, with what follows for the conversations they have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from inbox.models import Assignment, Conversation, User
from inbox.services.people import Right, join, leave
from routing.services.requeue import requeue


@transaction.atomic
def work_on(user: User, keys: Collection[str], *, rights: Collection[Right], by: User | None, now: datetime) -> None:
    """Work on exactly these accounts, with these rights; what they have elsewhere goes back to the queue. Invalid."""
    had = set(user.accounts.values_list("key", flat=True))
    for key in sorted(had | set(keys)):  # every lock in the same order
        if key in keys:
            join(user, key, rights=rights, by=by, now=now)
        else:
            stop_working_on(user, key, by=by, now=now)


@transaction.atomic
def stop_working_on(user: User, key: str, *, by: User | None, now: datetime) -> None:
    """Drop the membership and requeue what they have there."""
    leave(user, key, by=by, now=now)
    held = Conversation.objects.filter(assignee=user, status=Conversation.Status.ASSIGNED, account__key=key)
    for pk in held.order_by("pk").values_list("pk", flat=True):
        requeue(pk, owner=user.pk, why=Assignment.Ended.GONE, now=now, always=True)
