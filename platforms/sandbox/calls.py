"""The call log: every call in and out, without secrets, newest first, bounded."""

from __future__ import annotations

import itertools
import re
from collections import deque
from typing import Any

KEPT = 1000
SHOWN = 2000
SECRET = re.compile(r'("(?:secret|access_token|app_secret)"\s*:\s*")[^"]*|(access_token=)[^&\s"]+')


def without_secrets(text: str) -> str:
    """`text` with every token and secret replaced by stars."""
    return SECRET.sub(lambda found: (found[1] or found[2]) + "***", text)


def preview(body: bytes) -> str:
    """The beginning of a body that a person can read."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return f"({len(body)} bytes)"
    return without_secrets(text if len(text) <= SHOWN else text[:SHOWN] + "…")


class Calls:
    """The last calls, in memory."""

    def __init__(self) -> None:
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._ids = itertools.count(1)

    def add(self, app_id: str, **facts: Any) -> None:
        """Record one call; `facts` are as the README lists them."""
        self._calls.appendleft({"id": next(self._ids), "app_id": app_id} | facts)

    def latest(self, limit: int, *, app_id: str = "") -> list[dict[str, Any]]:
        """The newest first; "" for all apps."""
        found = (each for each in self._calls if app_id in ("", each["app_id"]))
        return list(itertools.islice(found, limit))

    def clear(self, app_id: str = "") -> None:
        """Forget the calls of an app, or all."""
        kept = [each for each in self._calls if app_id not in ("", each["app_id"])]
        self._calls = deque(kept, maxlen=KEPT)
