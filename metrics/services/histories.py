"""The rounds of one conversation, told from its messages alone (domain.md §5). Pure.

A word is a customer's message that counts and was not recalled. A reply is human and taken by the platform. A cut is
a close or a dismissal. Ids and places come from one sequence: a word with a greater id than a reply's place was
stored after that reply was written and is not answered by it. A colleague's reply in the platform's own client has
no moment of writing that we know, so there the platform's times must agree too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Word:
    """Something a customer said."""

    id: int
    sent_at: datetime
    received_at: datetime

    @property
    def start(self) -> datetime:
        """The platform's time; where its clock runs ahead, our receipt."""
        return min(self.sent_at, self.received_at)


@dataclass(frozen=True, slots=True)
class End:
    """What may end a round: a reply (`reply` is its message) or a cut, which is told from its id."""

    state: str
    place: int
    at: datetime
    agent: int | None
    reply: int | None = None

    @property
    def is_outside(self) -> bool:
        """Written in the platform's own client."""
        return self.state == "outside"


@dataclass(frozen=True, slots=True)
class Told:
    """A round as the messages tell it. `words` are ids in order; an open one has no end, agent or reply."""

    words: tuple[int, ...]
    is_first: bool
    state: str
    started_at: datetime
    received_at: datetime
    ended_at: datetime | None
    agent: int | None
    reply: int | None


def tell(words: Iterable[Word], replies: Sequence[End], cuts: Iterable[End]) -> list[Told]:
    """The rounds, by their first word as stored. A word belongs with those that share its end."""
    in_time = sorted(replies, key=lambda reply: (reply.at, reply.place))
    in_order = sorted(cuts, key=lambda cut: cut.place)
    members: dict[End | None, list[Word]] = {}
    for word in sorted(words, key=lambda word: word.id):
        members.setdefault(_end_of(word, in_time, in_order), []).append(word)
    return [_told(group, end, is_first=number == 0) for number, (end, group) in enumerate(members.items())]


def _end_of(word: Word, replies: Sequence[End], cuts: Sequence[End]) -> End | None:
    cut = next((cut for cut in cuts if cut.place > word.id), None)
    for reply in replies:
        after_word = reply.place > word.id and not (reply.is_outside and reply.at < word.start)
        if after_word and (cut is None or reply.place < cut.place):
            return reply
    return cut


def _told(words: Sequence[Word], end: End | None, *, is_first: bool) -> Told:
    first = min(words, key=lambda word: (word.start, word.id))
    return Told(
        words=tuple(word.id for word in words),
        is_first=is_first,
        state=end.state if end else "open",
        started_at=first.start,
        received_at=first.received_at,
        ended_at=end.at if end else None,
        agent=end.agent if end else None,
        reply=end.reply if end else None,
    )
