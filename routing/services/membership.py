"""Who works where, with what follows for the conversations they have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from inbox import realtime
from inbox.models import Assignment, Conversation, User
from inbox.services.people import BY_DEFAULT, Right, join, leave, rights_on, set_active
from routing.models import Agent
from routing.services.requeue import requeue


@transaction.atomic
def work_on(
    user: User, keys: Collection[str] | None, *, rights: Collection[Right] | None, by: User | None, now: datetime
) -> None:
    """Work on exactly these accounts; what they have elsewhere goes back to the queue. Invalid.

    None as `keys`: where they do. None as `rights`: those they have where they stay, and `reply` where they are new.
    """
    had = {row.account.key: rights_on(row) for row in user.memberships.select_related("account")}
    wanted = had.keys() if keys is None else set(keys)
    for key in sorted(had.keys() | wanted):  # every lock in the same order
        if key in wanted:
            join(user, key, rights=had.get(key, BY_DEFAULT) if rights is None else rights, by=by, now=now)
        else:
            stop_working_on(user, key, by=by, now=now)


@transaction.atomic
def take_out_of_service(user: User, *, by: User | None, now: datetime) -> None:
    """Tokens and sessions end, presence too, and everything they have goes back to the queue."""
    if not set_active(user, active=False, by=by, now=now):
        return
    _requeue(Conversation.objects.filter(assignee=user), user, now=now)
    Agent.objects.filter(pk=user.pk).update(state=Agent.State.OFFLINE, state_since=now, connected_until=None)
    realtime.publish(realtime.PresenceChanged(user.pk))


@transaction.atomic
def stop_working_on(user: User, key: str, *, by: User | None, now: datetime) -> None:
    """Drop the membership and requeue what they have there."""
    leave(user, key, by=by, now=now)
    _requeue(Conversation.objects.filter(assignee=user, account__key=key), user, now=now)


def _requeue(rows: QuerySet[Conversation], user: User, *, now: datetime) -> None:
    held = rows.filter(status=Conversation.Status.ASSIGNED)
    for pk in held.order_by("pk").values_list("pk", flat=True):
        requeue(pk, owner=user.pk, why=Assignment.Ended.GONE, now=now, always=True)
