"""Which reply answers which words."""

import pytest

from inbox.models import Conversation, Round
from inbox.services.close import close, dismiss
from inbox.services.outside import recall
from inbox.services.resolve import resolve
from platforms.base import Receipt
from platforms.errors import FateUnknown, Refused
from platforms.events import MessageRecalled
from tests.clock import at
from tests.factories import an_account, an_agent, answered, said, taken
from tests.support.settling import deliver_next

pytestmark = pytest.mark.django_db


def states() -> list[tuple[str, float, float | None]]:
    """(state, start, end) of the rounds in seconds after noon."""
    rows = Round.objects.order_by("started_at", "id")
    return [(r.state, (r.started_at - at(0)).total_seconds(), _seconds(r)) for r in rows]


def _seconds(row: Round) -> float | None:
    return None if row.ended_at is None else (row.ended_at - at(0)).total_seconds()


def test_a_round_ends_when_the_platform_took_the_reply() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(11))
    assert states() == [("open", 0, None)]
    deliver_next(conversation.customer_id, at=at(12))

    row = Round.objects.get()
    assert (row.state, row.agent, row.reply) == ("answered", agent, message)
    assert (row.accepted_at, row.written_at, row.ended_at) == (at(0), at(11), at(12))
    assert Conversation.objects.get().waiting_since is None


def test_what_comes_while_the_reply_is_on_its_way_is_not_answered_by_it() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(10))
    said(account, "还在吗", at=at(11))
    deliver_next(conversation.customer_id, at=at(12))

    assert states() == [("answered", 0, 12), ("open", 11, None)]
    assert Conversation.objects.get().waiting_since == at(11)


def test_a_late_push_after_the_reply_opens_a_round_from_its_own_time() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(10))
    deliver_next(conversation.customer_id, at=at(10))
    said(account, "早先说的", at=at(20), sent_at=at(3))

    assert states() == [("answered", 0, 10), ("open", 3, None)]


def test_of_two_rounds_that_begin_in_the_same_second_one_is_the_first() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(0.2))
    said(account, "还有", at=at(0.5), sent_at=at(0))  # platforms tell whole seconds
    deliver_next(conversation.customer_id, at=at(1))

    assert states() == [("answered", 0, 1), ("open", 0, None)]
    assert list(Round.objects.order_by("id").values_list("is_first", flat=True)) == [True, False]


def test_when_the_first_round_is_taken_back_the_next_one_is_the_first() -> None:
    account = an_account()
    word = said(account, at=at(0)).message
    event = MessageRecalled(
        id=word.external_id, customer=word.customer.external_id, recalled_at=at(1), key="recall-1", raw={}
    )
    recall(event, account=account, now=at(1))
    said(account, "再问", at=at(2))

    assert states() == [("withdrawn", 0, 1), ("open", 2, None)]
    assert list(Round.objects.order_by("id").values_list("state", "is_first"))[1] == ("open", True)


def test_closing_misses_what_waits() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    close(conversation.pk, by=agent, now=at(40))

    assert states() == [("missed", 0, 40)]


def test_a_reply_that_settles_after_the_close_still_answers() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(10))
    close(conversation.pk, by=agent, now=at(11))
    assert states() == [("missed", 0, 11)]
    deliver_next(conversation.customer_id, at=at(12))

    assert states() == [("answered", 0, 12)]


def test_no_reply_needed_ends_it_and_the_next_word_opens_another() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    dismiss(conversation.pk, by=agent, now=at(5))
    said(account, "再问一句", at=at(50))

    assert states() == [("dismissed", 0, 5), ("open", 50, None)]


def test_a_refused_reply_ends_nothing_and_flags_the_round() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(5))
    deliver_next(conversation.customer_id, at=at(6), outcome=Refused("no"))
    assert (Round.objects.get().state, Round.objects.get().reply_failed) == ("open", True)
    answered(conversation, agent, at=at(8))
    deliver_next(conversation.customer_id, at=at(9))

    assert states() == [("answered", 0, 9)]
    assert Round.objects.get().reply_failed is True


def test_an_unknown_reply_said_to_be_sent_ends_the_round_when_its_attempt_began() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    first = answered(conversation, agent, at=at(5))
    deliver_next(conversation.customer_id, at=at(6), outcome=FateUnknown("lost"))
    answered(conversation, agent, at=at(30))
    deliver_next(conversation.customer_id, at=at(31), outcome=Receipt())
    assert states() == [("answered", 0, 31)]
    resolve(first.pk, sent=True, by=agent, now=at(60))

    assert states() == [("answered", 0, 6)]
    assert Round.objects.get().reply == first


def test_a_hollow_word_is_flagged() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, "在", at=at(5))
    deliver_next(conversation.customer_id, at=at(6))

    assert Round.objects.get().hollow is True
