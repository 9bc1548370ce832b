"""A platform of quite another kind needs no change outside its folder and the registry."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.access import access_of
from inbox.models import Account, Conversation, Hook, Message, PullCursor, Round
from inbox.services.deliver import claim, hand_over
from inbox.services.ingest import ingest, store
from inbox.services.pull import pull
from inbox.services.settle import settle
from metrics.services.verify import Report, verify
from routing.services.accept import accept
from routing.services.place import place
from tests.clock import NOON, at
from tests.factories import an_account, an_agent, answered
from tests.support.toy import Toy, a_toy_word, failed_later, install, seen_outside, taken_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> type[Toy]:
    return install(monkeypatch)


def a_desk(name: str, **fields: Any) -> Account:
    secrets = {"corp": "corp", "desk": name}
    return an_account(f"toy-{name}", platform="toy", secrets=secrets, app_id="corp", address=name, **fields)


def a_knock(account: Account, desk: str) -> Hook:
    body = b'{"desk": "%s", "token": "t1"}' % desk.encode()
    return Hook.objects.create(account=account, received_at=NOON, body=body, opened=body)


def read(account: Account) -> None:
    assert pull(account, access=access_of(account), place=place, now=NOON)


def test_a_knock_is_noted_and_what_is_new_is_read_by_cursor(toy: type[Toy]) -> None:
    account = a_desk("desk-1")
    toy.pages = [[a_toy_word(1)], [], [a_toy_word(2), a_toy_word(3)]]
    ingest([a_knock(account, "desk-1").pk], place=place, now=NOON)
    cursor = PullCursor.objects.get()
    assert (cursor.knocked, cursor.knock) == (True, "t1")

    read(account)
    assert list(Message.objects.order_by("id").values_list("external_id", flat=True)) == ["m1", "m2", "m3"]
    assert PullCursor.objects.get().cursor == "3"


def test_reading_again_from_an_old_cursor_doubles_nothing(toy: type[Toy]) -> None:
    account = a_desk("desk-1")
    toy.pages = [[a_toy_word(1), a_toy_word(2)]]
    ingest([a_knock(account, "desk-1").pk], place=place, now=NOON)
    read(account)
    PullCursor.objects.update(cursor="")
    read(account)

    assert Message.objects.filter(author="customer").count() == 2


def test_a_knock_for_a_sibling_on_the_same_url_reaches_the_sibling(toy: type[Toy]) -> None:
    first, second = a_desk("desk-1"), a_desk("desk-2")
    ingest([a_knock(first, "desk-2").pk], place=place, now=NOON)

    assert PullCursor.objects.get().account == second


def test_a_knock_for_nobody_is_a_dead_letter(toy: type[Toy]) -> None:
    hook = a_knock(a_desk("desk-1"), "desk-9")
    ingest([hook.pk], place=place, now=NOON)

    hook.refresh_from_db()
    assert (hook.state, hook.reason) == ("dead", "addressed to desk-9, which is not connected")


def spoken_to(account: Account) -> Conversation:
    agent = an_agent("lin", account)
    store(a_toy_word(1), account=account, received_at=NOON, place=place, now=NOON)
    return accept(Conversation.objects.get(), agent=agent, now=NOON)


def test_a_reply_names_the_newest_context(toy: type[Toy]) -> None:
    account = a_desk("desk-1")
    conversation = spoken_to(account)
    store(a_toy_word(2), account=account, received_at=at(2), place=place, now=at(2))
    assert conversation.assignee is not None
    answered(conversation, conversation.assignee, at=at(3))
    attempt = claim(conversation.customer_id, now=at(3))
    assert attempt is not None
    hand_over(attempt, access=access_of(account))

    assert (toy.sent[0].grant_context, toy.sent[0].to) == ("ctx-2", "c1")


def test_a_lost_answer_is_tried_again_with_the_same_key(toy: type[Toy]) -> None:
    toy.lose_answers = 1
    account = a_desk("desk-1")
    conversation = spoken_to(account)
    assert conversation.assignee is not None
    message = answered(conversation, conversation.assignee, at=at(3))
    for second in (3, 10):
        attempt = claim(conversation.customer_id, now=at(second))
        assert attempt is not None
        outcome = hand_over(attempt, access=access_of(account))
        settle(attempt.message, attempt=attempt.number, key=attempt.key, outcome=outcome, now=at(second))

    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", f"r-{message.attempt_key}")
    assert [context.attempt_key for context in toy.sent] == [str(message.attempt_key)] * 2


def test_an_idempotent_reply_is_given_up_after_five_minutes(toy: type[Toy]) -> None:
    toy.lose_answers = 99
    account = a_desk("desk-1")
    conversation = spoken_to(account)
    assert conversation.assignee is not None
    message = answered(conversation, conversation.assignee, at=at(3))
    attempt = claim(conversation.customer_id, now=at(310))
    assert attempt is not None
    outcome = hand_over(attempt, access=access_of(account))
    settle(attempt.message, attempt=1, key=attempt.key, outcome=outcome, now=at(310))

    message.refresh_from_db()
    assert message.state == "unknown"


def test_a_colleagues_reply_answers_the_accounts_round(toy: type[Toy]) -> None:
    account = a_desk("desk-1")
    spoken_to(account)
    store(seen_outside(1), account=account, received_at=at(11), place=place, now=at(11))

    row = Round.objects.get()
    assert (row.state, row.agent, row.ended_at) == ("outside", None, at(10))
    assert list(verify(Report())) == []


def test_a_round_whose_words_were_all_taken_back_is_withdrawn(toy: type[Toy]) -> None:
    account = a_desk("desk-1")
    spoken_to(account)
    store(taken_back(1), account=account, received_at=at(11), place=place, now=at(11))

    assert Round.objects.get().state == "withdrawn"
    assert Conversation.objects.get().waiting_since is None
    assert list(verify(Report())) == []


def test_a_reply_that_failed_afterwards_answers_nothing(toy: type[Toy]) -> None:
    account = a_desk("desk-1")
    conversation = spoken_to(account)
    assert conversation.assignee is not None
    message = answered(conversation, conversation.assignee, at=at(3))
    attempt = claim(conversation.customer_id, now=at(3))
    assert attempt is not None
    outcome = hand_over(attempt, access=access_of(account))
    settle(attempt.message, attempt=1, key=attempt.key, outcome=outcome, now=at(4))
    assert Round.objects.get().state == "answered"
    event = failed_later(f"r-{message.attempt_key}")
    store(event, account=account, received_at=at(60), place=place, now=at(60))

    row = Round.objects.get()
    assert (row.state, row.reply_failed) == ("open", True)
    assert Message.objects.get(pk=message.pk).state == "failed"
    assert list(verify(Report())) == []
