"""Events as the `*.events.json` beside a payload has them: without `raw`, and without what is empty."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from platforms.content import Content, as_json
from platforms.events import Entry, Event


def events_as_json(events: Iterable[Event]) -> list[dict[str, Any]]:
    """One dict per event, `event` is its class."""
    return [_event(event) for event in events]


def _event(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {"event": type(event).__name__}
    for each in dataclasses.fields(event):
        value = getattr(event, each.name)
        if each.name != "raw" and value not in ("", None):
            found[each.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Content):
        return {name: part for name, part in as_json(value).items() if name != "raw"}
    if isinstance(value, Entry):
        return dataclasses.asdict(value)
    return value.isoformat() if isinstance(value, datetime) else value
