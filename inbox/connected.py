"""Accounts as the gateway knows them: read from the database at most once a second each, and told of changes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings

from inbox.access import access_of
from inbox.batches import Batches
from inbox.direct import Direct
from inbox.hub import hub
from inbox.models import Account
from inbox.realtime import ACCOUNTS
from platforms.base import Access, Platform
from platforms.registry import get_platform

KNOWN = 10_000  # keys, right and wrong ones; beyond that all are forgotten

_FIELDS = ("id", "key", "platform", "state", "sealed_secrets", "options", "api_base")
_READ = """
SELECT id, key, platform, state, secrets, options, api_base FROM inbox_account
WHERE key = ANY(%s) AND state <> 'removed'
"""


@dataclass(frozen=True)
class Connected:
    """An account with its adapter."""

    id: int
    account: Account

    @property
    def is_paused(self) -> bool:
        """Its hooks are held."""
        return self.account.state == Account.State.PAUSED

    @cached_property
    def platform(self) -> Platform:
        """Its adapter."""
        return get_platform(self.account.platform)

    @cached_property
    def access(self) -> Access:
        """What the adapter is given."""
        return access_of(self.account)


class Accounts:
    """For one event loop. Also that there is no such account is known for a while."""

    def __init__(self) -> None:
        self._database = Direct("accounts", limit=settings.GATEWAY_WAITS)
        self._reads: Batches[str, Connected | None] = Batches(
            self._read, most=500, heaviest=500, line=2_000, line_weight=2_000
        )
        self._known: dict[str, tuple[float, Connected | None]] = {}
        hub().join(ACCOUNTS, self)

    def knows(self, key: str) -> bool:
        """Whether `find` needs no database now."""
        known = self._known.get(key)
        return known is not None and known[0] > time.monotonic()

    async def find(self, platform: str, key: str) -> Connected | None:
        """The account, None if there is none of this platform. DatabaseAway, Overloaded."""
        found = self._known[key][1] if self.knows(key) else await self._reads.ask(key)
        return found if found is not None and found.account.platform == platform else None

    async def close(self) -> None:
        """Let its connection go."""
        hub().leave(ACCOUNTS, self)
        await self._database.close()

    def hear(self, _text: str) -> None:
        """An account was changed."""
        self._known.clear()

    def missed(self) -> None:
        """Perhaps one was."""
        self._known.clear()

    async def _read(self, keys: Sequence[str]) -> list[Connected | None]:
        rows = await self._database.rows(_READ, [list(keys)])
        found = {connected.account.key: connected for connected in (_connected(row) for row in rows)}
        if len(self._known) > KNOWN:
            self._known.clear()
        until = time.monotonic() + settings.ACCOUNT_CACHED.total_seconds()
        self._known.update({key: (until, found.get(key)) for key in keys})
        return [found.get(key) for key in keys]


def _connected(row: tuple[Any, ...]) -> Connected:
    account = Account(**dict(zip(_FIELDS, row, strict=True)))
    return Connected(account.pk, account)
