"""Customers who write at a steady rate, through the twin: what it saw acknowledged is what must be there."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.processes import wait_until
from tests.support.shop import Shop

BURST_SECONDS = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How many messages, from how many customers, how many a second."""

    messages: int
    customers: int
    rate: float


class Crowd:
    """The customers of one scenario, told from others by `prefix`."""

    def __init__(self, shop: Shop, prefix: str, stream: Stream) -> None:
        self.shop, self.prefix, self.stream = shop, prefix, stream
        self.result: dict[str, Any] = {}
        self._before = self._newest()
        self._thread = threading.Thread(target=self._write, name=f"crowd-{prefix}")

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def wait(self) -> dict[str, Any]:
        """The twin's figures, once every push has been acknowledged or given up."""
        self._thread.join(BURST_SECONDS)
        assert self.result, "the burst did not end"
        return self.result

    def wait_until_acknowledged(self, count: int) -> None:
        """The stream is under way."""
        wait_until(lambda: len(self.said("acked")) >= count, within=60, what=f"{count} acknowledged pushes")

    def wait_until_said(self, more: int) -> None:
        """So many more were written, whatever became of their pushes."""
        goal = len(self.said()) + more
        wait_until(lambda: len(self.said()) >= goal, within=60, what=f"{more} more messages")

    def said(self, state: str = "") -> list[dict[str, Any]]:
        """What the customers wrote, oldest first; acked, failed or pending ones."""
        return [line for line in self._lines("customer", state) if line["openid"].startswith(f"o{self.prefix}")]

    def heard(self, state: str = "taken") -> list[dict[str, Any]]:
        """What the platform was given for them, in its order; taken or refused."""
        return [line for line in self._lines("agent", state) if line["openid"].startswith(f"o{self.prefix}")]

    def _lines(self, author: str, state: str) -> list[dict[str, Any]]:
        asked = {"author": author, "state": state, "after": self._before, "limit": 10_000}
        found = self.shop.twin.call("GET", f"/apps/{self.shop.app_id}/messages", params=asked)
        lines: list[dict[str, Any]] = found["messages"]
        return lines

    def _newest(self) -> int:
        self._before = 0
        return max((line["id"] for line in self._lines("", "")), default=0)

    def _write(self) -> None:
        plan = {
            "messages": self.stream.messages,
            "customers": self.stream.customers,
            "rate": self.stream.rate,
            "prefix": self.prefix,
            "text": f"{self.prefix} {{n}}",
        }
        url = f"{self.shop.twin.url}/sandbox/api/apps/{self.shop.app_id}/burst"
        self.result = httpx.post(url, json=plan, timeout=BURST_SECONDS).raise_for_status().json()
