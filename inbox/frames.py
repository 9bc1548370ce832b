"""Events become frames (docs/socket.md): the fresh state, rendered once per language, sent to those who may see it."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.realtime import Event


def broadcast(events: Sequence[Event]) -> None:
    """Nothing yet."""
