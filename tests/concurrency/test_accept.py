"""Invariants 1 to 4 (domain.md §2), tried with real connections."""

from functools import partial

import pytest

from inbox import errors
from inbox.models import Assignment, Conversation
from inbox.services.close import close
from inbox.services.receive import receive
from routing.policy import occupying
from routing.services.accept import accept, accept_next
from routing.services.requeue import requeue
from tests.clock import NOON, at
from tests.factories import a_word, an_account, an_agent, said, taken
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_fifty_agents_exactly_one_wins_and_the_others_hear_who() -> None:
    account = an_account()
    agents = [an_agent(f"agent-{n}", account) for n in range(50)]
    conversation = said(account).conversation

    results = at_once([partial(accept, conversation, agent=agent, now=NOON) for agent in agents])

    winners = [result for result in results if isinstance(result, Conversation)]
    losers = [result for result in results if not isinstance(result, Conversation)]
    assert len(winners) == 1
    owner = Conversation.objects.get().assignee
    assert owner is not None
    assert all(isinstance(loser, errors.AlreadyTaken) for loser in losers), losers
    assert {loser.data["by"] for loser in losers if isinstance(loser, errors.AlreadyTaken)} == {owner.username}
    assert Assignment.objects.get().agent == owner


def test_accepts_of_one_agent_never_exceed_the_capacity() -> None:
    account = an_account()
    agent = an_agent("lin", account, capacity=3)
    queue = [said(account, customer=f"c{n}").conversation for n in range(12)]

    results = at_once([partial(accept, conversation, agent=agent, now=NOON) for conversation in queue])

    assert sum(isinstance(result, Conversation) for result in results) == 3
    assert sum(isinstance(result, errors.AtCapacity) for result in results) == 9
    assert occupying(agent.pk, now=NOON) == 3
    assert Conversation.objects.filter(status="queued").count() == 9


def test_accept_next_and_accept_share_the_capacity() -> None:
    account = an_account()
    agent = an_agent("lin", account, capacity=2)
    queue = [said(account, customer=f"c{n}").conversation for n in range(10)]
    calls = [partial(accept, conversation, agent=agent, now=NOON) for conversation in queue[:5]]
    at_once([*calls, *[partial(accept_next, agent, now=NOON) for _ in range(5)]])

    assert occupying(agent.pk, now=NOON) == 2
    assert Assignment.objects.filter(ended_at=None).count() == 2


def test_accept_next_gives_every_agent_a_conversation_of_their_own() -> None:
    account = an_account()
    agents = [an_agent(f"agent-{n}", account) for n in range(16)]
    for n in range(16):
        said(account, customer=f"c{n}")

    results = at_once([partial(accept_next, agent, now=NOON) for agent in agents])

    taken_ids = {result.pk for result in results if isinstance(result, Conversation)}
    assert len(taken_ids) == 16, results
    assert Assignment.objects.filter(ended_at=None).count() == 16


def test_the_first_messages_of_one_new_customer_open_one_conversation() -> None:
    account = an_account()
    words = [a_word(name=f"m{n}") for n in range(20)]

    results = at_once([partial(receive, word, account=account, received_at=NOON, now=NOON) for word in words])

    assert not [result for result in results if isinstance(result, Exception)]
    assert Conversation.objects.get().unread == 20
    assert Conversation.objects.get().messages.count() == 20


def test_a_known_customer_who_comes_back_opens_one_conversation() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    close(taken(account, agent).pk, by=agent, now=at(5))
    later = at(3600)
    words = [a_word(name=f"m{n}", sent_at=later) for n in range(12)]

    results = at_once([partial(receive, word, account=account, received_at=later, now=later) for word in words])

    assert not [result for result in results if isinstance(result, Exception)]
    assert Conversation.objects.get(status="queued").messages.count() == 12


@pytest.mark.parametrize("round_", range(4))
def test_words_that_come_while_somebody_accepts_take_nothing_away(round_: int) -> None:
    account = an_account()
    agent = an_agent(f"lin-{round_}", account)
    conversation = said(account).conversation
    words = [a_word(name=f"m{n}", sent_at=at(1)) for n in range(8)]
    accepting = partial(accept, conversation, agent=agent, now=at(1))

    receives = [partial(receive, word, account=account, received_at=at(1), now=at(1)) for word in words]
    results = at_once([*receives[:4], accepting, *receives[4:]])

    assert not [result for result in results if isinstance(result, Exception)]
    found = Conversation.objects.get()
    assert (found.assignee, found.unread) == (agent, 9)


def test_requeue_and_accept_at_once_leave_one_owner_or_none() -> None:
    account = an_account()
    first = an_agent("lin", account)
    rivals = [an_agent(f"rival-{n}", account) for n in range(6)]
    conversation = taken(account, first)

    requeues = [partial(requeue, conversation.pk, owner=first.pk, why=Assignment.Ended.SILENT, now=at(60))] * 4
    accepts = [partial(accept, conversation, agent=rival, now=at(60)) for rival in rivals]
    at_once([*requeues, *accepts])

    found = Conversation.objects.get()
    assert Assignment.objects.filter(ended_by="silent").count() == 1
    assert Assignment.objects.filter(ended_at=None).count() == (found.status == "assigned")
