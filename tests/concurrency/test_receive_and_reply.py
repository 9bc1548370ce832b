"""Invariants 5 to 8, tried with real connections."""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from inbox import errors
from inbox.models import Conversation, Message, Round
from inbox.quota import quota
from inbox.services.close import close
from inbox.services.deliver import claim
from inbox.services.receive import receive
from inbox.services.reply import Draft, reply
from inbox.services.resolve import retry
from inbox.services.settle import settle
from metrics.services.verify import Report, verify
from platforms.base import Receipt
from platforms.content import Text
from platforms.errors import Refused
from tests.clock import NOON, at
from tests.factories import a_user, a_word, an_account, an_agent, answered, taken
from tests.support.at_once import at_once
from tests.support.settling import deliver_next

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_push_twenty_times_at_once_is_stored_once() -> None:
    account = an_account()
    word = a_word(name="m1")

    results = at_once([partial(receive, word, account=account, received_at=NOON, now=NOON)] * 20)

    assert sum(result is not None for result in results) == 1
    assert not [result for result in results if isinstance(result, Exception)]
    assert Message.objects.get().external_id == "m1"
    assert Conversation.objects.get().unread == 1


def test_twenty_replies_race_for_five() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    draft = Draft(content=Text(text="在的"))

    results = at_once([partial(reply, conversation.pk, draft, author=agent, now=at(1))] * 20)

    assert sum(isinstance(result, tuple) for result in results) == 5
    assert sum(isinstance(result, errors.QuotaExhausted) for result in results) == 15
    assert Message.objects.filter(state="queued").count() == 5


def test_replies_race_while_the_customer_writes_again() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    for n in range(3):
        answered(conversation, agent, at=at(1))
        attempt = claim(conversation.customer_id, now=at(1))
        assert attempt is not None
        if n < 2:
            settle(attempt.message, attempt=1, key=attempt.key, outcome=Receipt(), now=at(2))

    again = partial(receive, a_word(name="again", sent_at=at(3)), account=account, received_at=at(3), now=at(3))
    replies = [partial(reply, conversation.pk, Draft(content=Text(text="在")), author=agent, now=at(4))] * 19
    at_once([again, *replies])
    on_their_way = Message.objects.filter(state__in=["queued", "sending"])
    assert 3 <= on_their_way.count() <= 5  # as many as were pressed before the word came, and after it

    # one is still on its way and is charged to the grant in force when the platform takes it: 4 more, never 5
    one_more = partial(reply, conversation.pk, Draft(content=Text(text="在")), author=agent, now=at(5))
    for _ in range(5 - on_their_way.count()):
        one_more()
    with pytest.raises(errors.QuotaExhausted):
        one_more()
    assert on_their_way.count() == 5
    assert quota(conversation.customer_id, now=at(5)).left == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_retry_in_the_old_conversation_and_a_reply_in_the_new_share_one_quota(seed: int) -> None:
    account = an_account()
    agent = an_agent("lin", account)
    boss = a_user("boss", role="supervisor", accounts=(account,))
    old = taken(account, agent)
    failed = answered(old, agent, at=at(1))
    deliver_next(old.customer_id, at=at(1), outcome=Refused("no"))
    close(old.pk, by=agent, now=at(2))
    new = taken(account, agent, at=at(3600))
    for _ in range(4):
        answered(new, agent, at=at(3601))

    draft = Draft(content=Text(text="还有"))
    calls: list[Callable[[], object]] = [
        partial(retry, failed.pk, by=boss, confirmed=False, now=at(3602)),
        *[partial(reply, new.pk, draft, author=agent, now=at(3602))] * 3,
    ]
    random.Random(seed).shuffle(calls)  # noqa: S311
    at_once(calls)

    assert Message.objects.filter(state="queued").count() == 5


def test_one_client_id_sent_many_times_at_once_is_one_message() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    draft = Draft(content=Text(text="在的"), client_id="c-1")

    results = at_once([partial(reply, conversation.pk, draft, author=agent, now=at(1))] * 12)

    assert Counter(result[1] for result in results if isinstance(result, tuple)) == {True: 1, False: 11}
    assert Message.objects.filter(author="agent").count() == 1


def test_many_workers_claim_one_line_and_one_sends() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    first = answered(conversation, agent, "一", at=at(1))
    answered(conversation, agent, "二", at=at(1))

    results = at_once([partial(claim, conversation.customer_id, now=at(2))] * 16)

    attempts = [result for result in results if result is not None]
    assert [attempt.message for attempt in attempts if not isinstance(attempt, Exception)] == [first.pk]
    assert Message.objects.get(state="sending") == first


def test_an_account_has_at_most_four_sends_under_way() -> None:
    account = an_account()
    agent = an_agent("lin", account, capacity=50)
    conversations = [taken(account, agent, customer=f"c{n}") for n in range(16)]
    for conversation in conversations:
        answered(conversation, agent, at=at(1))

    at_once([partial(claim, conversation.customer_id, now=at(2)) for conversation in conversations])

    assert Message.objects.filter(state="sending").count() == 4


@pytest.mark.parametrize("seed", range(6))
def test_a_reply_settles_while_the_customer_writes(seed: int) -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(10))
    attempt = claim(conversation.customer_id, now=at(10))
    assert attempt is not None
    settles = partial(settle, attempt.message, attempt=1, key=attempt.key, outcome=Receipt(), now=at(11))
    words = [a_word(f"第 {n} 句", name=f"w{n}", sent_at=at(11)) for n in range(5)]
    writes = [partial(receive, word, account=account, received_at=at(11), now=at(11)) for word in words]
    calls: list[Callable[[], object]] = [settles, *writes]
    random.Random(seed).shuffle(calls)  # noqa: S311

    results = at_once(calls)

    assert not [result for result in results if isinstance(result, Exception)]
    assert Round.objects.get(state="answered").messages.count() == 1
    assert Round.objects.get(state="open").messages.count() == 5
    assert Conversation.objects.get().waiting_since == at(11)
    assert list(verify(Report())) == []


@pytest.mark.parametrize("seed", range(6))
def test_close_races_receive(seed: int) -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    words = [a_word(f"第 {n} 句", name=f"w{n}", sent_at=at(20)) for n in range(4)]
    calls: list[Callable[[], object]] = [
        partial(receive, word, account=account, received_at=at(20), now=at(20)) for word in words
    ]
    calls += [partial(close, conversation.pk, by=agent, now=at(20))]
    random.Random(seed).shuffle(calls)  # noqa: S311

    results = at_once(calls)

    assert not [result for result in results if isinstance(result, Exception)]
    assert Message.objects.filter(author="customer").count() == 5
    found = Conversation.objects.get()
    waiting = Round.objects.filter(state="open").exists()
    assert (found.status == "queued") == waiting
    assert Message.objects.filter(author="customer", round=None).count() == 0
    assert list(verify(Report())) == []
