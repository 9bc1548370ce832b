"""Taking replies through claim and settle without a network."""

from __future__ import annotations

from datetime import datetime

from inbox.models import Message
from inbox.services.deliver import claim
from inbox.services.settle import settle
from platforms.base import Receipt
from platforms.errors import SendError


def deliver_next(customer_id: int, *, at: datetime, outcome: Receipt | SendError | None = None) -> Message | None:
    """The first reply of the line handed over and settled at `at`; None if nothing may leave."""
    attempt = claim(customer_id, now=at)
    if attempt is None:
        return None
    found = outcome if outcome is not None else Receipt()
    return settle(attempt.message, attempt=attempt.number, key=attempt.key, outcome=found, now=at)
