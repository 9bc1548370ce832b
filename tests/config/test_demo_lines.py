"""The terminal shows warnings, in a form that fits it."""

import json

import pytest

from config.demo.lines import SHOWN, matters, shortened


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"event": "started", "level": "info", "detail": "no error"}', False),
        ('{"event": "late", "level": "warning"}', True),
        ('{"event": "Service Unavailable: /readyz", "level": "error"}', False),
        ("plain words", False),
        ("[2026-01-01] WARNING: memory", True),
        ("{not json", False),
        ("terrors and warningless", False),
    ],
)
def test_only_warnings_matter(line: str, shown: bool) -> None:
    assert matters(line) is shown


def test_an_entry_with_a_traceback_is_one_short_line() -> None:
    exception = "Traceback (most recent call last):\n  File 'x'\nValueError: no"
    entry = json.dumps({"event": "it failed", "level": "error", "exception": exception})
    assert shortened(entry) == "error: it failed (ValueError: no)"


def test_other_lines_stay_as_they_are_unless_they_are_long() -> None:
    assert shortened("plain") == "plain"
    assert len(shortened("x" * 10_000)) == SHOWN + 4
