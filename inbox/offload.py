"""Work that must not hold up a request: done in order, by one background thread of the process.

The bus may be away or hung; whoever enqueues or publishes has committed already and does not wait for it. What does not
fit in the line is dropped and counted: sweeps and refetches carry on from the database.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)
dropped = Counter("onequeue_offload_dropped_total", "Hints that were dropped because the bus was too slow")

Work = Callable[[], object]
_CAPACITY = 10_000


class _Line:
    """A bounded line of work and the thread that does it, started at first use in each process."""

    def __init__(self) -> None:
        self._work: queue.Queue[Work | None] = queue.Queue(_CAPACITY)
        self._started = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, work: Work) -> None:
        self._start()
        try:
            self._work.put_nowait(work)
        except queue.Full:
            dropped.inc()

    def drain(self, timeout: float) -> bool:
        """Wait until what is in the line now is done; False when it takes longer than `timeout` seconds."""
        done = threading.Event()
        self.put(done.set)
        return done.wait(timeout)

    def _start(self) -> None:
        with self._started:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="offload", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            work = self._work.get()
            if work is not None:
                _do(work)


def _do(work: Work) -> None:
    try:
        work()
    except Exception:  # the worker loop: one hint that fails must not stop the next
        log.exception("offload.failed")


_line = _Line()


def run(work: Work) -> None:
    """Have `work` done soon, after what was put before it. Never blocks, never raises."""
    _line.put(work)


def drain(timeout: float = 2.0) -> bool:
    """Wait for what was put so far (at exit and in tests)."""
    return _line.drain(timeout)


atexit.register(drain, 1.0)
