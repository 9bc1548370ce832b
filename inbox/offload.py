"""Work that must not hold up a request: lines of it, each worked off in order by a background thread of its own.

The bus may be away or hung; whoever enqueues or publishes has committed already and does not wait for it. What does not
fit in a line, or has waited too long in it, is dropped and counted: sweeps and refetches carry on from the database.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)
dropped = Counter("onequeue_offload_dropped_total", "Hints that were dropped, by line and reason", ["line", "reason"])

Item = TypeVar("Item")
CAPACITY = 10_000
BATCH = 200
STALE_AFTER_SECONDS = 10.0  # by then a sweep or a refetch has done it

_lines: list[Line[Any]] = []


class Line(Generic[Item]):
    """What waits is handed to `work` together, at most BATCH at a time. The thread starts with the first item.

    Work that is much cheaper together begins at least `gap_seconds` after it began before; what comes alone, at once.
    """

    def __init__(self, name: str, work: Callable[[Sequence[Item]], object], *, gap_seconds: float = 0.0) -> None:
        self.name = name
        self._work = work
        self._gap_seconds = gap_seconds
        self._next_at = 0.0
        self._waiting: deque[tuple[float, Item]] = deque()
        self._busy = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        _lines.append(self)

    def put(self, item: Item) -> None:
        """Have `item` worked on soon, after what was put before it. Never blocks, never raises."""
        with self._changed:
            if len(self._waiting) >= CAPACITY:
                dropped.labels(self.name, "full").inc()
                return
            self._waiting.append((time.monotonic(), item))
            self._start()
            self._changed.notify_all()

    def drain(self, timeout: float) -> bool:
        """Wait until nothing waits and nothing is being done; False when that takes longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name=f"offload-{self.name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            batch = self._take()
            try:
                if batch:
                    self._work(batch)
            except Exception:  # the worker loop: what fails must not stop what comes after
                log.exception("offload.failed", line=self.name)
            finally:
                self._rest()

    def _take(self) -> list[Item]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting))
            self._busy = True
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + self._gap_seconds
        with self._changed:
            taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        oldest = time.monotonic() - STALE_AFTER_SECONDS
        fresh = [item for put_at, item in taken if put_at >= oldest]
        dropped.labels(self.name, "stale").inc(len(taken) - len(fresh))
        return fresh

    def _rest(self) -> None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()


def drain(timeout: float = 2.0) -> bool:
    """Wait for every line (at exit and in tests); False if `timeout` seconds were not enough."""
    ends_at = time.monotonic() + timeout
    done = [line.drain(max(0.0, ends_at - time.monotonic())) for line in _lines]
    return all(done)


atexit.register(drain, 1.0)
