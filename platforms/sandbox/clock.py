"""The platform's clock: real time plus an offset for all apps and one for each. Milliseconds since 1970."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from platforms.sandbox.store import Store

SECOND = 1000
HOUR = 3600 * SECOND


def real_ms() -> int:
    """Now, by the machine's clock."""
    return time.time_ns() // 1_000_000


def iso(at_ms: int | None) -> str | None:
    """RFC 3339 with milliseconds, UTC."""
    if at_ms is None:
        return None
    at = datetime.fromtimestamp(at_ms / SECOND, tz=UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """Reads the time of an app. `now` is replaced in tests."""

    def __init__(self, store: Store, now: Callable[[], int] = real_ms) -> None:
        self._store = store
        self.now = now

    def offset_ms(self, app_id: str = "") -> int:
        """How far ahead of real time an app is: the offset of all plus its own."""
        return self.own_ms("") + (self.own_ms(app_id) if app_id else 0)

    def own_ms(self, app_id: str) -> int:
        """The offset of one app alone, or the one of all."""
        row = self._store.row("SELECT offset_ms FROM clock WHERE app_id = ?", app_id)
        return row["offset_ms"] if row else 0

    def at(self, app_id: str = "") -> int:
        """The time now at the platform, as `app_id` sees it."""
        return self.now() + self.offset_ms(app_id)

    def move(self, offset_ms: int, app_id: str = "") -> None:
        """Set the offset of one app, or the one of all."""
        self._store.run("INSERT OR REPLACE INTO clock VALUES (?, ?)", app_id, offset_ms)
