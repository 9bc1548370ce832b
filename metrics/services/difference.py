"""One thing that is not as it must be: ids, times and numbers, nobody's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Difference:
    """`place` says by ids where; `expected` is what messages or rounds make of `field`, `found` what is stored."""

    place: Mapping[str, object]
    field: str
    expected: object
    found: object

    def as_json(self) -> dict[str, object]:
        """For a program to read."""
        shown = {**self.place, "field": self.field, "expected": self.expected, "found": self.found}
        return {name: _plain(value) for name, value in shown.items()}

    def __str__(self) -> str:
        where = ", ".join(f"{name} {_text(value)}" for name, value in self.place.items())
        return f"{where}: {self.field} is {_text(self.found)}, must be {_text(self.expected)}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def _text(value: object) -> str:
    return "none" if value is None else str(_plain(value))
