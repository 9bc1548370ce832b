"""Who waits and who answers at this moment."""

from __future__ import annotations

import pytest

from inbox.models import Account, Conversation
from metrics import queries
from routing.models import Agent
from tests.clock import NOON, at
from tests.factories import an_account, an_agent
from tests.metrics.builders import a_round, owned

pytestmark = pytest.mark.django_db


def test_nobody_waits() -> None:
    assert queries.now(Account.objects.all(), now=NOON) == {
        "unanswered_now": 0,
        "longest_wait_now_s": None,
        "by_age": {"under_30s": 0, "under_3m": 0, "older": 0},
    }


def test_those_who_wait_are_counted_by_age_service_hours_or_not() -> None:
    account, hidden = an_account(), an_account()
    for seconds in (0, 29.999, 30, 179, 180, 4000):
        a_round(account, start=at(-seconds), in_hours=seconds != 179)
    a_round(account, wait=5, state="missed")
    a_round(hidden)
    assert queries.now(Account.objects.filter(pk=account.pk), now=NOON) == {
        "unanswered_now": 6,
        "longest_wait_now_s": 4000,
        "by_age": {"under_30s": 2, "under_3m": 2, "older": 2},
    }


def test_agents_are_shown_with_presence_and_what_they_have_of_these_accounts() -> None:
    account, hidden = an_account(), an_account()
    wang, li = an_agent("wang", account, hidden, capacity=3), an_agent("li", account, online=False)
    an_agent("zhao", hidden)
    for where, seconds in ((account, 50), (account, 70), (hidden, 90)):
        row = a_round(where, start=at(-seconds))
        owned(row.conversation, wang)
        Conversation.objects.filter(pk=row.conversation_id).update(waiting_since=row.started_at)
    owned(a_round(account, wait=5, state="missed").conversation, wang)
    found = queries.agents_now(Account.objects.filter(pk=account.pk), now=NOON)
    assert [agent["username"] for agent in found] == [li.username, wang.username]
    assert found[0]["state"] == "offline"
    assert found[1] == {
        "username": "wang",
        "name": "wang",
        "state": "online",
        "capacity": 3,
        "assigned": 3,
        "waiting": 2,
        "longest_wait_s": 70,
    }


def test_an_agent_who_is_no_longer_connected_is_offline_whatever_they_chose() -> None:
    account = an_account()
    agent = an_agent("wang", account)
    Agent.objects.filter(user=agent).update(connected_until=NOON)
    assert [one["state"] for one in queries.agents_now(Account.objects.all(), now=NOON)] == ["offline"]
