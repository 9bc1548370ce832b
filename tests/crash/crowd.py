"""Customers who write at a steady pace, through the twin: what it saw acknowledged is what must be there."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.support.processes import wait_until
from tests.support.shop import Shop

SAID_WITHIN_SECONDS = 60.0
LINES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How many a second write, from so many customers in turn."""

    customers: int
    rate: float


class Crowd:
    """The customers of one scenario, told from others by `prefix`; they write until told to stop."""

    def __init__(self, shop: Shop, prefix: str, stream: Stream) -> None:
        self.shop, self.prefix, self.stream = shop, prefix, stream
        self.written = 0
        self.began_at = datetime.now(UTC)
        self._before = self._newest()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write, name=f"crowd-{prefix}")

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more, and wait until every push has been acknowledged or given up."""
        self._stopped.set()
        self._thread.join()
        wait_until(lambda: not self.said("pending"), within=SAID_WITHIN_SECONDS, what="end of the pushes")

    def wait_until_said(self, more: int) -> None:
        """So many more were written, whatever became of their pushes."""
        goal = self.written + more
        wait_until(lambda: self.written >= goal, within=SAID_WITHIN_SECONDS, what=f"{more} more messages")

    def wait_until_acknowledged(self, more: int) -> None:
        """So many more pushes were acknowledged."""
        goal = len(self.said("acked")) + more
        acknowledged = f"{more} more acknowledged pushes"
        wait_until(lambda: len(self.said("acked")) >= goal, within=SAID_WITHIN_SECONDS, what=acknowledged)

    def said(self, state: str = "") -> list[dict[str, Any]]:
        """What the customers wrote, oldest first: of one state (acked, failed, pending), or all."""
        return self._lines("customer", state)

    def heard(self, state: str = "taken") -> list[dict[str, Any]]:
        """What the platform was given for them, in its order: taken or refused."""
        return self._lines("agent", state)

    def pushes(self, since: datetime) -> list[dict[str, Any]]:
        """The twin's calls of our hook that began after `since` and are over, newest first."""
        calls = self.shop.twin.call("GET", f"/apps/{self.shop.app_id}/calls", params={"limit": 1000})["calls"]
        return [call for call in calls if call["direction"] == "out" and datetime.fromisoformat(call["at"]) > since]

    def _lines(self, author: str, state: str) -> list[dict[str, Any]]:
        lines = self._page(author=author, state=state, after=self._before)
        return [line for line in lines if line["openid"].startswith(f"o{self.prefix}")]

    def _newest(self) -> int:
        newest = 0
        while page := self._page(after=newest):
            newest = page[-1]["id"]
        return newest

    def _page(self, **asked: Any) -> list[dict[str, Any]]:
        path = f"/apps/{self.shop.app_id}/messages"
        lines: list[dict[str, Any]] = self.shop.twin.call("GET", path, params={**asked, "limit": LINES})["messages"]
        return lines

    def _write(self) -> None:
        base = f"{self.shop.twin.url}/sandbox/api/apps/{self.shop.app_id}/customers/o{self.prefix}"
        with httpx.Client(timeout=SAID_WITHIN_SECONDS) as twin:
            while not self._stopped.wait(1 / self.stream.rate):
                openid = f"{self.written % self.stream.customers:03d}"
                act = {"action": "text", "text": f"{self.prefix} {self.written}"}
                twin.post(f"{base}{openid}/act", json=act).raise_for_status()
                self.written += 1
