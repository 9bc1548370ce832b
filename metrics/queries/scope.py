"""Which rounds are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from inbox.models import Account, Round, User
from metrics import figures
from metrics.models import Rollup


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Accounts and a period, and with `agent` that agent's own figures."""

    accounts: list[int]
    from_: datetime
    to: datetime
    agent: User | None

    @property
    def own(self) -> bool:
        """The figures are an agent's own."""
        return self.agent is not None

    def rounds(self) -> QuerySet[Round]:
        """Those of the period that count at all, with their `wait`."""
        found = Round.objects.filter(account__in=self.accounts, started_at__gte=self.from_, started_at__lt=self.to)
        if self.agent is not None:
            found = found.filter(agent=self.agent)
        return figures.counting(found, own=self.own)

    def open_rounds(self) -> QuerySet[Round]:
        """Those that still wait: few, by an index of their own."""
        return self.rounds().filter(state=Round.State.OPEN)

    def rollups(self) -> QuerySet[Rollup]:
        """The hours that start in the period."""
        return Rollup.objects.filter(
            account__in=self.accounts, agent=self.agent, hour__gte=self.from_, hour__lt=self.to
        )


def narrow(accounts: QuerySet[Account], *, account: str | None = None, platform: str | None = None) -> list[int]:
    """The ids of the accounts that are asked about: few, and the planner knows what to do with them."""
    if account is not None:
        accounts = accounts.filter(key=account)
    if platform is not None:
        accounts = accounts.filter(platform=platform)
    return list(accounts.order_by("pk").values_list("pk", flat=True).distinct())


def seconds(wait: timedelta | None) -> float | None:
    """A wait as the API says it."""
    return None if wait is None else wait.total_seconds()


def seconds_since(since: datetime | None, *, now: datetime) -> float | None:
    """How long it is ago, never less than nothing; null since never."""
    return None if since is None else max(0.0, (now - since).total_seconds())
