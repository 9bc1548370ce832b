"""Calls to platforms take some of a worker's threads, never all: slow ones must not stop ingest (architecture.md §5.7).

A job that finds no place is noted, and done by the thread whose place becomes free; if that is lost, a sweep finds it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from django.conf import settings

Work = Callable[[], object]
NOTED = 1_000


class Places:
    """At most `number` pieces of work at once."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._noted: deque[Work] = deque(maxlen=NOTED)
        self._lock = threading.Lock()

    def do(self, work: Work) -> None:
        """Do `work` here and now, then what was noted meanwhile; or note it, if every place is taken."""
        next_work: Work | None = work if self._enter(work) else None
        try:
            while next_work is not None:
                next_work()
                next_work = self._next()
        except BaseException:
            self._leave()
            raise

    def _enter(self, work: Work) -> bool:
        with self._lock:
            if self._free == 0:
                self._noted.append(work)
                return False
            self._free -= 1
            return True

    def _next(self) -> Work | None:
        """What was noted first; None gives the place back in the same step, so that nothing noted is left behind."""
        with self._lock:
            if self._noted:
                return self._noted.popleft()
            self._free += 1
            return None

    def _leave(self) -> None:
        with self._lock:
            self._free += 1


places = Places(settings.OUTGOING_THREADS)
