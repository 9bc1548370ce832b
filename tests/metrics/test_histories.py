"""What the messages of a conversation tell about its rounds. Ids and places are the order of storing."""

from __future__ import annotations

from typing import Any

from metrics.services.histories import End, Told, Word, tell
from tests.clock import at


def word(number: int, said: float, received: float | None = None) -> Word:
    return Word(number, at(said), at(said if received is None else received))


def reply(place: int, taken: float, *, message: int | None = None, agent: int = 7) -> End:
    return End("answered", place, at(taken), agent, message or place)


def outside(place: int, said: float) -> End:
    return End("outside", place, at(said), None, place)


def cut(place: int, seconds: float, state: str = "missed", agent: int | None = None) -> End:
    return End(state, place, at(seconds), agent)


def shapes(told: list[Told]) -> list[tuple[Any, ...]]:
    return [(found.words, found.state, found.reply) for found in told]


def test_words_up_to_the_first_reply_are_one_round() -> None:
    (told,) = tell([word(1, 0), word(2, 5)], [reply(3, 12), reply(4, 20)], [])
    assert told == Told((1, 2), True, "answered", at(0), at(0), at(12), 7, 3)


def test_a_word_stored_after_a_reply_was_written_is_not_answered_by_it() -> None:
    told = tell([word(1, 0), word(3, 5)], [reply(2, 12)], [])
    assert shapes(told) == [((1,), "answered", 2), ((3,), "open", None)]
    assert [found.is_first for found in told] == [True, False]


def test_a_late_push_opens_a_round_from_the_platforms_time() -> None:
    told = tell([word(1, 0), word(3, 1, received=60)], [reply(2, 12)], [])
    assert (told[1].started_at, told[1].received_at, told[1].state) == (at(1), at(60), "open")


def test_a_platform_clock_that_runs_ahead_is_cut_at_our_receipt() -> None:
    (told,) = tell([word(1, 9, received=2)], [], [])
    assert (told.started_at, told.received_at) == (at(2), at(2))


def test_the_wait_is_that_of_the_word_said_first_whichever_was_stored_first() -> None:
    (told,) = tell([word(1, 10), word(2, 3, received=11)], [reply(3, 20)], [])
    assert (told.words, told.started_at, told.received_at) == ((1, 2), at(3), at(11))


def test_the_reply_that_was_taken_first_ends_the_round() -> None:
    (told,) = tell([word(1, 0)], [reply(2, 30), reply(3, 10, agent=8)], [])
    assert (told.ended_at, told.agent, told.reply) == (at(10), 8, 3)


def test_rounds_that_share_their_reply_are_one() -> None:
    told = tell([word(1, 0), word(3, 2)], [reply(2, 30), reply(4, 10)], [])
    assert shapes(told) == [((1, 3), "answered", 4)]


def test_a_cut_ends_what_waits_and_belongs_to_who_made_it() -> None:
    told = tell([word(1, 0), word(3, 40)], [reply(5, 50)], [cut(2, 20, agent=9), cut(4, 45, "dismissed")])
    assert shapes(told) == [((1,), "missed", None), ((3,), "dismissed", None)]
    assert [(found.ended_at, found.agent) for found in told] == [(at(20), 9), (at(45), None)]


def test_a_reply_written_before_a_cut_answers_although_it_is_taken_after() -> None:
    told = tell([word(1, 0)], [reply(2, 25)], [cut(3, 20)])
    assert shapes(told) == [((1,), "answered", 2)]


def test_a_reply_retried_after_the_cut_answers_nothing_before_it() -> None:
    told = tell([word(1, 0)], [reply(4, 25, message=2)], [cut(3, 20)])
    assert shapes(told) == [((1,), "missed", None)]


def test_an_answer_outside_ends_what_was_said_before_it() -> None:
    told = tell([word(1, 0), word(2, 10)], [outside(3, 5)], [])
    assert shapes(told) == [((1,), "outside", 3), ((2,), "open", None)]


def test_an_answer_outside_within_the_same_second_counts() -> None:
    assert shapes(tell([word(1, 5, received=5.7)], [outside(2, 5)], [])) == [((1,), "outside", 2)]


def test_silence_tells_nothing() -> None:
    assert tell([], [reply(1, 0)], [cut(2, 1)]) == []
