"""How much one person can carry."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from inbox import errors, realtime
from inbox.models import User
from inbox.services.audit import record
from routing.models import Agent

MOST = 1000


@transaction.atomic
def set_capacity(user: User, capacity: int | None, *, by: User | None, now: datetime) -> Agent:
    """Their row as somebody who answers, made if there is none; None keeps what is set. Lowering takes nothing away."""
    if capacity is not None and not 0 <= capacity <= MOST:
        raise errors.Invalid(f"A capacity is 0 to {MOST}.", where="capacity")
    agent, _ = Agent.objects.get_or_create(user=user)
    if capacity is not None and agent.capacity != capacity:
        Agent.objects.filter(pk=agent.pk).update(capacity=capacity)
        agent.capacity = capacity
        record("agent.capacity", actor=by, now=now, user=user.pk, capacity=capacity)
        realtime.publish(realtime.PresenceChanged(user.pk))
    return agent
