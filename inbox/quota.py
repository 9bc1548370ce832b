"""How many replies a platform still takes from us, and until when (domain.md §3).

left = limit - (replies queued or sending, plus those sent or left unknown by an attempt that ended after the grant
began): a new grant takes over what is still on its way. Every reply counts against every grant in force; one repeated
after an unknown fate counts twice, because the platform may have taken both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from platforms.limits import GrantKind

_IN_FORCE = """
SELECT g.id, g.customer_id, g.kind, g.context, g."limit", g.begins_at, g.expires_at, g.refusal, u.used
FROM unnest(%s::bigint[]) AS c(id) CROSS JOIN unnest(%s::text[]) AS k(kind)
CROSS JOIN LATERAL (
    SELECT * FROM inbox_grant WHERE customer_id = c.id AND kind = k.kind ORDER BY begins_at DESC, id DESC LIMIT 1
) g
CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM inbox_message m WHERE m.customer_id = c.id AND m.state IN ('queued', 'sending'))
         + (SELECT count(*) FROM inbox_message m WHERE m.customer_id = c.id AND m.state IN ('sent', 'unknown')
                AND m.attempt_ended_at >= g.begins_at)
         + (SELECT coalesce(sum(m.doubted), 0) FROM inbox_message m WHERE m.customer_id = c.id AND m.doubted > 0
                AND m.doubted_at >= g.begins_at) AS used
) u
"""


@dataclass(frozen=True, slots=True)
class GrantInForce:
    """The newest grant of its kind, and how many replies count against it."""

    id: int
    customer: int
    kind: str
    context: str
    limit: int
    begins_at: datetime
    expires_at: datetime
    refusal: str
    used: int

    def left(self, now: datetime) -> int:
        """Replies it still allows; below zero when more are on their way than it covers."""
        if self.refusal or self.expires_at <= now:
            return 0
        return self.limit - self.used

    def is_open(self, now: datetime) -> bool:
        """Within its window, whatever its count; the platform's own word closes it."""
        return self.expires_at > now and self.refusal != "window_closed"


@dataclass(frozen=True, slots=True)
class Quota:
    """What is allowed to one customer now. `grant` is the one to spend, None when nothing is left."""

    left: int
    limit: int
    expires_at: datetime | None
    grant: GrantInForce | None
    is_open: bool

    def as_json(self) -> dict[str, object]:
        """As in the API."""
        expires = self.expires_at.isoformat() if self.expires_at else None
        return {"left": self.left, "limit": self.limit, "expires_at": expires}


def grants_in_force(customers: Iterable[int]) -> dict[int, list[GrantInForce]]:
    """The newest grant of each kind by customer; one query for any number of customers."""
    found: dict[int, list[GrantInForce]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, [list(customers), [str(kind) for kind in GrantKind]])
        for row in cursor.fetchall():
            grant = GrantInForce(*row)
            found.setdefault(grant.customer, []).append(grant)
    return found


def quota_of(grants: Iterable[GrantInForce], *, now: datetime) -> Quota:
    """What these grants allow together: not the sum, the best one; a message grant is spent first."""
    alive = [grant for grant in grants if grant.is_open(now)]
    spendable = [grant for grant in alive if grant.left(now) > 0]
    if not spendable:
        limit = max((grant.limit for grant in alive), default=0)
        expires_at = max((grant.expires_at for grant in alive), default=None)
        return Quota(0, limit, expires_at, None, is_open=bool(alive))
    best = max(spendable, key=lambda grant: (grant.left(now), grant.expires_at))
    spent = min(spendable, key=lambda grant: grant.kind != GrantKind.MESSAGE)
    longest = max(grant.expires_at for grant in spendable)
    return Quota(best.left(now), best.limit, longest, spent, is_open=True)


def quotas(customers: Iterable[int], *, now: datetime) -> dict[int, Quota]:
    """The quota of each customer (also of one who never wrote)."""
    wanted = list(customers)
    found = grants_in_force(wanted)
    return {customer: quota_of(found.get(customer, []), now=now) for customer in wanted}


def quota(customer: int, *, now: datetime) -> Quota:
    """The quota of one customer."""
    return quotas([customer], now=now)[customer]
