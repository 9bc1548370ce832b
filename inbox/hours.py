"""Service hours as an account writes them: "08:00:00-22:59:59", "09:00-12:00,14:00-02:00", "00:00-24:00".

Both ends belong to a period, to the whole second. A period that ends before it starts runs over midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

_DAY = 24 * 3600
_PERIOD = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?-(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """From and to seconds of the day, both included."""

    starts: int
    ends: int

    def holds(self, second: int) -> bool:
        """This second of the day lies in it."""
        if self.starts <= self.ends:
            return self.starts <= second <= self.ends
        return second >= self.starts or second <= self.ends


def in_hours(spec: str, at: datetime, tz: tzinfo) -> bool:
    """Whether this moment, read on a clock in `tz`, lies in the service hours. Raises as `parse` does."""
    local = at.astimezone(tz)
    second = local.hour * 3600 + local.minute * 60 + local.second
    return any(period.holds(second) for period in parse(spec))


@lru_cache(maxsize=256)
def parse(spec: str) -> tuple[Period, ...]:
    """The periods in the order written. Raises ValueError with a sentence that says what to write instead."""
    return tuple(_period(part.strip()) for part in spec.split(","))


def _period(text: str) -> Period:
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(f"“{text}” is not a period: write HH:MM-HH:MM or HH:MM:SS-HH:MM:SS, commas between")
    numbers = [int(group or 0) for group in match.groups()]
    starts, ends = _second(numbers[:3], text), _second(numbers[3:], text)
    if starts == _DAY:
        raise ValueError(f"“{text}” starts at 24:00: write 00:00 for the start of a day")
    if starts == ends:
        raise ValueError(f"“{text}” starts when it ends: write 00:00-24:00 for all day")
    return Period(starts, ends)


def _second(clock: list[int], text: str) -> int:
    hours, minutes, seconds = clock
    second = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or second > _DAY:
        raise ValueError(f"“{text}” names a time that no clock shows: 00:00 to 24:00")
    return second
