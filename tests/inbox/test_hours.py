"""Service hours: what an account writes, and which moments lie in it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.hours import in_hours, parse

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{clock}+08:00")


@pytest.mark.parametrize(
    ("spec", "clock", "expected"),
    [
        ("08:00:00-22:59:59", "07:59:59.999999", False),
        ("08:00:00-22:59:59", "08:00:00", True),
        ("08:00:00-22:59:59", "22:59:59.9", True),
        ("08:00:00-22:59:59", "23:00:00", False),
        ("00:00-24:00", "00:00:00", True),
        ("00:00-24:00", "23:59:59.999999", True),
        ("20:00-02:00", "19:59:59", False),
        ("20:00-02:00", "23:30:00", True),
        ("20:00-02:00", "02:00:00.5", True),
        ("20:00-02:00", "02:00:01", False),
        ("09:00-12:00, 14:00-18:00", "13:00:00", False),
        ("09:00-12:00, 14:00-18:00", "14:00:00", True),
        ("18:00-24:00", "00:00:00", False),
    ],
)
def test_both_ends_belong_to_a_period_to_the_second(spec: str, clock: str, expected: bool) -> None:
    assert in_hours(spec, at(clock), SHANGHAI) is expected


def test_a_moment_is_read_on_the_clock_of_the_given_zone() -> None:
    moment = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    assert in_hours("08:00-09:00", moment, SHANGHAI)
    assert not in_hours("08:00-09:00", moment, ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "is not a period"),
        ("8:00-22:00", "is not a period"),
        ("08:00-12:00,", "is not a period"),
        ("٠٨:٠٠-١٢:٠٠", "is not a period"),
        ("08:00-24:01", "no clock shows"),
        ("08:60-22:00", "no clock shows"),
        ("24:00-08:00", "write 00:00"),
        ("08:00-08:00", "write 00:00-24:00"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(spec: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(spec)
