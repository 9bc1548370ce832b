"""Opening grants, and taking the platform's word when it says one is used up."""

from __future__ import annotations

from datetime import datetime

from inbox.models import Account, Customer, Grant
from platforms.errors import QuotaExhausted, SendError, WindowClosed
from platforms.limits import GrantKind, allowance


def open_grant(
    customer: Customer,
    *,
    account: Account,
    kind: GrantKind,
    acted_at: datetime,
    received_at: datetime,
    context: str,
) -> Grant | None:
    """What the customer's action allows, from the platform's time (never after our receipt); None if nothing."""
    allowed = allowance(account.platform, kind, account.options)
    if allowed is None:
        return None
    begins_at = min(acted_at, received_at)
    return Grant.objects.create(
        customer=customer,
        kind=kind,
        context=context,
        limit=allowed.limit,
        begins_at=begins_at,
        expires_at=begins_at + allowed.lasts,
    )


def believe(error: SendError, *, customer: int, attempted_at: datetime, now: datetime) -> None:
    """The platform is the truth: what was in force when the attempt began is used up, or over."""
    if isinstance(error, QuotaExhausted | WindowClosed):
        then = Grant.objects.filter(customer=customer, begins_at__lte=attempted_at, refused_at=None)
        then.filter(expires_at__gt=now).update(refused_at=now, refusal=error.code)
