"""Which of our parts were heard of, and since when without a gap."""

from __future__ import annotations

import pytest

from inbox.models import Liveness
from inbox.services.liveness import beat
from tests.clock import at

pytestmark = pytest.mark.django_db


def seen(part: str) -> tuple[object, object]:
    row = Liveness.objects.get(part=part)
    return row.seen_at, row.up_since


def test_the_first_beat_begins() -> None:
    beat("web", at(0))
    assert seen("web") == (at(0), at(0))


def test_a_beat_in_time_goes_on_and_one_after_a_gap_begins_anew() -> None:
    for second in (0, 5, 20):
        beat("web", at(second))
    assert seen("web") == (at(20), at(0))
    beat("web", at(35.5))
    assert seen("web") == (at(35.5), at(35.5))


def test_parts_are_apart_and_a_beat_that_comes_late_takes_nothing_back() -> None:
    beat("web", at(10))
    beat("worker", at(3))
    beat("web", at(8))
    assert seen("web") == (at(10), at(10))
    assert seen("worker") == (at(3), at(3))
