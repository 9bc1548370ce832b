"""A round drawn: where its seconds went, from the customer's word to the moment the platform took the reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inbox.models import Round

SHORTEST, LONGEST = timedelta(seconds=40), timedelta(seconds=180)  # of what a line stands for

PARTS: dict[str, Promise] = {
    "platform": _("Platform"),
    "queue": _("Queue"),
    "agent": _("Agent"),
    "sending": pgettext_lazy("part of a wait", "Sending"),
    "waiting": _("Waiting"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch; `x` and `width` are in hundredths of the line."""

    kind: str
    seconds: float
    x: float
    width: float

    @property
    def title(self) -> Promise:
        """What it was spent on."""
        return PARTS[self.kind]


@dataclass(frozen=True, slots=True)
class Line:
    """A round with its parts. `target_x` is where its target lies; `is_cut` when it is longer than the line."""

    round: Round
    wait: timedelta
    parts: list[Part]
    target_x: float
    is_cut: bool
    is_late: bool


def lines(rounds: Iterable[Round], *, now: datetime) -> list[Line]:
    """The rounds on one scale."""
    found = list(rounds)
    waits = [(row.ended_at or now) - row.started_at for row in found]
    scale = min(max([SHORTEST, *waits]), LONGEST)
    return [_line(row, wait, scale, now=now) for row, wait in zip(found, waits, strict=True)]


def _line(row: Round, wait: timedelta, scale: timedelta, *, now: datetime) -> Line:
    target = row.account.target
    parts = [
        Part(
            kind,
            (end - start).total_seconds(),
            x=_share(start - row.started_at, scale),
            width=_share(end - row.started_at, scale) - _share(start - row.started_at, scale),
        )
        for kind, start, end in _stretches(row, now=now)
    ]
    return Line(row, wait, parts, _share(target, scale), is_cut=wait > scale, is_late=wait > target)


def _stretches(row: Round, *, now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Kind, start and end of each, none before the one before it."""
    end = row.ended_at or now
    marks = [("platform", row.received_at)]
    if row.accepted_at and row.written_at:
        marks += [("queue", row.accepted_at), ("agent", row.written_at), ("sending", end)]
    else:
        marks += [("waiting", end)]
    at = row.started_at
    for kind, until in marks:
        stop = min(max(at, until), end)
        yield kind, at, stop
        at = stop


def _share(time: timedelta, scale: timedelta) -> float:
    return round(100 * min(max(time / scale, 0.0), 1.0), 2)
