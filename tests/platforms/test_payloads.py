"""Every payload of every platform becomes the events beside it: payloads/x.json, x.xml, x.events.json."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platforms.base import Hook
from platforms.registry import get_platform
from tests.platforms.expected import events_as_json

CASES = sorted(
    path
    for path in Path(__file__).parent.glob("*/payloads/*")
    if path.suffix in (".json", ".xml") and not path.name.endswith(".events.json")
)
RECEIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_payload_becomes_events(path: Path) -> None:
    hook = Hook(headers={}, query={}, body=b"", opened=path.read_bytes(), received_at=RECEIVED_AT)
    events = get_platform(path.parts[-3]).parse(hook)
    expected = json.loads(path.with_suffix(".events.json").read_text())
    assert events_as_json(events) == expected


def test_every_expectation_has_its_payload() -> None:
    expectations = {path.name for path in Path(__file__).parent.glob("*/payloads/*.events.json")}
    assert expectations == {path.with_suffix(".events.json").name for path in CASES} != set()
