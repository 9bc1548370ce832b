"""Which reply answers which words: rounds, worked out from what was said (domain.md §5). Pure.

"Stored after that reply was written" is a comparison of numbers: a word's and a boundary's id and a reply's position
are drawn from one sequence, under the customer's lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Word:
    """A customer's message that counts. `start` is the platform's time, never after `received_at`."""

    id: int
    start: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """A valid reply: human, and taken by the platform at `took_at`. `agent` is None when it came from outside."""

    id: int
    position: int
    took_at: datetime
    written_at: datetime
    agent: int | None

    def follows(self, word: Word) -> bool:
        """Written after the word was stored; from outside, where that is not known, also after it was said."""
        return self.position > word.id and (self.agent is not None or self.took_at >= word.start)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A close or a dismissal by `agent`: what waits before it and has no reply ends with it as `state`."""

    id: int
    at: datetime
    state: str
    agent: int | None


@dataclass(frozen=True, slots=True)
class Traced:
    """One round: its words in order and what ended it; None: it is open."""

    words: tuple[Word, ...]
    end: Reply | Boundary | None

    @property
    def first(self) -> Word:
        """The word whose wait counts."""
        return min(self.words, key=lambda word: (word.start, word.id))


def trace(words: Sequence[Word], replies: Iterable[Reply], boundaries: Iterable[Boundary]) -> list[Traced]:
    """The rounds, in the order of their first word; words come in order of id."""
    by_time = sorted(replies, key=lambda reply: (reply.took_at, reply.position))
    marks = sorted(boundaries, key=lambda mark: mark.id)
    ends = [(word, _end(word, by_time, marks)) for word in words]
    ordered = sorted(ends, key=lambda pair: (_rank(pair[1]), pair[0].id))
    rounds = [
        Traced(tuple(word for word, _ in group), end)
        for end, group in ((key, list(members)) for key, members in groupby(ordered, key=lambda pair: pair[1]))
    ]
    return sorted(rounds, key=lambda found: found.words[0].id)


def _end(word: Word, replies: Sequence[Reply], marks: Sequence[Boundary]) -> Reply | Boundary | None:
    mark = next((mark for mark in marks if mark.id > word.id), None)
    last = mark.id if mark else None
    answering = (r for r in replies if r.follows(word) and (last is None or r.position < last))
    return next(answering, mark)


def _rank(end: Reply | Boundary | None) -> tuple[int, int]:
    if isinstance(end, Reply):
        return (0, end.id)
    return (1, end.id) if end else (2, 0)
