"""Invariants 1 to 4 (domain.md §2), tried with real connections."""

from functools import partial

import pytest

from inbox import errors
from inbox.models import Assignment, Conversation
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
    assert len(taken_ids) == sum(isinstance(result, Conversation) for result in results)
    assert Assignment.objects.filter(ended_at=None).count() == len(taken_ids)


def test_the_first_messages_of_one_new_customer_open_one_conversation() -> None:
    account = an_account()
    words = [a_word(name=f"m{n}") for n in range(20)]

    results = at_once([partial(receive, word, account=account, received_at=NOON, now=NOON) for word in words])

    assert not [result for result in results if isinstance(result, Exception)]
    assert Conversation.objects.get().unread == 20
    assert Conversation.objects.get().messages.count() == 20


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
