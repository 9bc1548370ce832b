"""Stored rounds beside what the messages of their conversations tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from inbox.models import Conversation, Message, Round
from metrics.services.difference import Difference
from metrics.services.histories import End, Told, Word, tell

CUTS = {"closed": Round.State.MISSED, "dismissed": Round.State.DISMISSED}
COMPARED = ("is_first", "state", "started_at", "received_at", "ended_at", "agent", "reply")

_IS_WORD = Q(author=Message.Author.CUSTOMER)
_IS_REPLY = Q(author=Message.Author.AGENT, state=Message.State.SENT) | Q(author=Message.Author.OUTSIDE)
_IS_CUT = Q(author=Message.Author.SYSTEM, type__in=CUTS)


@dataclass(slots=True)
class History:
    """What was said in one conversation, and the rows that its words belong to."""

    account: int
    words: list[Word] = field(default_factory=list)
    replies: list[End] = field(default_factory=list)
    cuts: list[End] = field(default_factory=list)
    row_of: dict[int, int | None] = field(default_factory=dict)
    rows: dict[int, Round] = field(default_factory=dict)


def histories(conversations: Sequence[int]) -> dict[int, History]:
    """Everything about these conversations that rounds depend on, in three queries."""
    known = Conversation.objects.filter(pk__in=conversations).values_list("pk", "account_id")
    found = {pk: History(account) for pk, account in known}
    messages = Message.objects.filter(_IS_WORD | _IS_REPLY | _IS_CUT, conversation__in=conversations)
    shown = messages.only(
        *("id", "conversation_id", "author", "type", "sender_id", "sent_at", "received_at"),
        *("counts", "recalled_at", "round_id", "position"),
    )
    for message in shown:
        _sort_in(message, found[message.conversation_id])
    for row in Round.objects.filter(conversation__in=conversations):
        found[row.conversation_id].rows[row.pk] = row
    return found


def _sort_in(message: Message, history: History) -> None:
    at = message.sent_at or message.received_at
    if message.author == Message.Author.CUSTOMER:
        if message.counts and message.recalled_at is None:
            history.words.append(Word(message.pk, at, message.received_at))
            history.row_of[message.pk] = message.round_id
    elif message.author == Message.Author.SYSTEM:
        state = CUTS[message.type]
        history.cuts.append(End(state, message.pk, message.received_at, message.sender_id))
    else:
        outside = message.author == Message.Author.OUTSIDE
        state = Round.State.OUTSIDE if outside else Round.State.ANSWERED
        agent = None if outside else message.sender_id
        history.replies.append(End(state, message.position or message.pk, at, agent, message.pk))


def differences(conversation: int, history: History) -> Iterator[Difference]:
    """Where the stored rounds are not what was said."""
    held = _held(history.row_of)
    left = dict(history.rows)
    for told in tell(history.words, history.replies, history.cuts):
        row = left.pop(_row_for(told, history.row_of, left), None)
        if row is None:
            yield Difference({"conversation": conversation, "round": None}, "words", list(told.words), None)
        else:
            yield from _compared(row, told, words=held[row.pk], account=history.account)
    for row in left.values():
        if row.state != Round.State.WITHDRAWN:
            yield Difference(_place(row), "state", Round.State.WITHDRAWN.value, row.state)


def _held(row_of: Mapping[int, int | None]) -> dict[int | None, list[int]]:
    held = defaultdict(list)
    for word in sorted(row_of):
        held[row_of[word]].append(word)
    return held


def _row_for(told: Told, row_of: Mapping[int, int | None], left: Mapping[int, Round]) -> int:
    """The stored round that holds the first of these words that any holds; 0 if none does."""
    return next((row for word in told.words if (row := row_of[word]) in left and row is not None), 0)


def _compared(row: Round, told: Told, *, words: Iterable[int], account: int) -> Iterator[Difference]:
    stored: dict[str, Any] = {name: getattr(row, name) for name in COMPARED[:5]}
    stored |= {"agent": row.agent_id, "reply": row.reply_id, "words": list(words), "account": row.account_id}
    expected: dict[str, Any] = {name: getattr(told, name) for name in COMPARED}
    expected |= {"words": list(told.words), "account": account}
    for name, value in expected.items():
        if stored[name] != value:
            yield Difference(_place(row), name, value, stored[name])


def _place(row: Round) -> dict[str, Any]:
    return {"conversation": row.conversation_id, "round": row.pk}
