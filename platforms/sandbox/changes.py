"""Tells the open phone pages that something changed; they then read it."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict


class Changes:
    """A revision per app. A page says which one it has seen and waits for another."""

    def __init__(self) -> None:
        self._boot = secrets.token_hex(4)
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._changed: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def revision(self, app_id: str) -> str:
        """Of this run of the twin: another one after a restart."""
        return f"{self._boot}-{self._counts[app_id]}"

    def tell(self, app_id: str) -> None:
        """Something of this app changed."""
        self._counts[app_id] += 1
        self._changed.pop(app_id, asyncio.Event()).set()

    async def wait(self, app_id: str, seen: str, seconds: float) -> None:
        """Return once the revision is another than `seen`, or after `seconds`."""
        if self.revision(app_id) != seen:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._changed[app_id].wait()
        except TimeoutError:
            pass
