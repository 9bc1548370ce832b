"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from inbox.models import Account, AuditEntry, Conversation, User


def record(
    action: str,
    *,
    actor: User | None,
    now: datetime,
    account: Account | None = None,
    conversation: Conversation | None = None,
    **details: Any,
) -> None:
    """Write down what was done, in the transaction that does it. `details` hold ids and words, never secrets."""
    AuditEntry.objects.create(
        at=now,
        actor=actor,
        action=action,
        account_id=account.pk if account else conversation.account_id if conversation else None,
        conversation=conversation,
        details=details,
    )
