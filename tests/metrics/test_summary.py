"""The figures of a period, by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from inbox.models import Account, User
from metrics import definitions, figures, queries
from tests.clock import NOON, at
from tests.factories import a_user, an_account
from tests.metrics.builders import a_round, owned

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return an_account("shop")


@pytest.fixture
def agent(account: Account) -> User:
    return a_user("wang", accounts=(account,))


def summary(**narrowed: Any) -> dict[str, Any]:
    period: dict[str, Any] = {"from_": at(-3600), "to": at(3600), "now": at(3600), **narrowed}
    return queries.summary(Account.objects.all(), **period)


def test_of_nothing_every_rate_is_null() -> None:
    found = summary()
    assert (found["rounds"], found["rate_30s"], found["avg_response_s"]) == (0, None, None)
    assert found["first_response_s"] == {"mean": None, "median": None, "p90": None}
    assert (found["unanswered_now"], found["longest_wait_now_s"]) == (0, None)


def test_every_number_has_a_definition_in_the_readers_language() -> None:
    found = summary()
    assert set(found["definition"]) == {*found, "basis"} - {"definition"}
    assert set(found) - {"definition"} == set(definitions.BY_NAME)
    with translation.override("en"):
        assert summary()["definition"]["missed"].startswith("Rounds whose conversation was closed")


@pytest.mark.parametrize(
    ("wait", "within_30s", "within_3m"),
    [(30, 1.0, 1.0), (30.001, 0.0, 1.0), (180, 0.0, 1.0), (180.000001, 0.0, 0.0)],
)
def test_the_limit_itself_is_in_time(
    account: Account, agent: User, wait: float, within_30s: float, within_3m: float
) -> None:
    a_round(account, wait=wait, agent=agent)
    found = summary()
    assert (found["rate_30s"], found["rate_30s_first"], found["rate_3m"]) == (within_30s, within_30s, within_3m)


def test_missed_rounds_lower_the_rate_whatever_their_age(account: Account, agent: User) -> None:
    a_round(account, wait=10, agent=agent)
    a_round(account, wait=1, state="missed")
    found = summary()
    assert (found["rounds"], found["answered"], found["missed"], found["rate_30s"]) == (2, 1, 1, 0.5)


def test_a_waiting_round_counts_once_it_has_waited_for_as_long(account: Account, agent: User) -> None:
    a_round(account, wait=10, agent=agent)
    a_round(account)
    assert summary(now=at(29.999))["rate_30s"] == 1.0
    assert (summary(now=at(30))["rate_30s"], summary(now=at(30))["rate_3m"]) == (0.5, 1.0)
    late = summary(now=at(180))
    assert (late["rounds"], late["open"], late["open_30s"], late["rate_3m"]) == (2, 1, 1, 0.5)


def test_dismissed_rounds_are_shown_with_and_without(account: Account, agent: User) -> None:
    a_round(account, wait=10, agent=agent)
    a_round(account, wait=5, state="dismissed", agent=agent)
    found = summary()
    assert (found["rounds"], found["dismissed"]) == (2, 1)
    for rate in ("rate_30s", "rate_30s_first", "rate_3m"):
        assert (found[rate], found[f"{rate}_with_dismissed"]) == (1.0, 0.5)


def test_withdrawn_rounds_are_nowhere(account: Account) -> None:
    a_round(account, wait=10, state="withdrawn")
    a_round(account, wait=10, state="withdrawn", in_hours=False)
    found = summary()
    assert (found["rounds"], found["offhours_rounds"], found["not_served_rate"]) == (0, 0, None)


def test_rounds_outside_service_hours_are_counted_apart(account: Account, agent: User) -> None:
    a_round(account, wait=500, agent=agent, in_hours=False)
    a_round(account, in_hours=False)
    found = summary()
    assert (found["rounds"], found["answered"], found["open"], found["offhours_rounds"]) == (0, 0, 0, 2)
    assert (found["rate_30s"], found["avg_response_s"], found["unanswered_now"]) == (None, None, 1)


def test_an_average_counts_no_round_for_more_than_600_s(account: Account, agent: User) -> None:
    a_round(account, wait=100, agent=agent)
    a_round(account, wait=5000, agent=agent)
    assert summary()["avg_response_s"] == 350
    a_round(account, wait=20, state="missed")
    a_round(account, start=at(3590))
    assert summary()["avg_response_all_s"] == (100 + 600 + 20 + 10) / 4


def test_the_first_response_is_not_capped(account: Account, agent: User) -> None:
    first = a_round(account, wait=1000, agent=agent)
    for wait in (10, 20, 40):
        a_round(account, wait=wait, agent=agent)
    a_round(account, wait=7, agent=agent, conversation=first.conversation)
    assert summary()["first_response_s"] == {"mean": 267.5, "median": 30, "p90": 40 + 0.7 * 960}


def test_only_the_first_round_of_a_conversation_is_a_first_round(account: Account, agent: User) -> None:
    first = a_round(account, wait=31, agent=agent)
    a_round(account, wait=5, agent=agent, start=at(60), conversation=first.conversation)
    found = summary()
    assert (found["rate_30s"], found["rate_30s_first"]) == (0.5, 0.0)


def test_an_answer_outside_is_the_accounts_and_nobodys(account: Account, agent: User) -> None:
    a_round(account, wait=12, state="outside")
    found = summary()
    assert (found["answered"], found["outside"], found["rate_30s"], found["avg_response_s"]) == (1, 1, 1.0, 12)
    assert (summary(agent=agent)["rounds"], summary(agent=agent)["rate_30s"]) == (0, None)


def test_an_agents_clock_starts_when_message_and_agent_were_there(account: Account, agent: User) -> None:
    a_round(account, wait=100, agent=agent, accepted_at=at(80))
    a_round(account, wait=100, agent=agent, accepted_at=at(-50), received_at=at(90))
    assert (summary()["rate_30s"], summary()["avg_response_s"]) == (0.0, 100)
    own = summary(agent=agent)
    assert (own["rate_30s"], own["avg_response_s"]) == (1.0, 15)
    assert own["first_response_s"] == {"mean": 15, "median": 15, "p90": 19}


def test_flagged_rounds_count_for_the_account_and_are_shown_apart_for_agents(account: Account, agent: User) -> None:
    a_round(account, wait=10, agent=agent)
    a_round(account, wait=100, agent=agent, arrived_late=True)
    a_round(account, wait=100, agent=agent, reply_failed=True)
    found, own = summary(), summary(agent=agent)
    assert (found["rounds"], found["rate_30s"]) == (3, 1 / 3)
    assert (own["rounds"], own["answered"], own["rate_30s"], own["avg_response_s"]) == (1, 1, 1.0, 10)
    assert (own["arrived_late"], own["reply_failed"]) == (1, 1) == (found["arrived_late"], found["reply_failed"])


def test_a_round_that_an_agent_closed_is_theirs_to_answer_for(account: Account, agent: User) -> None:
    a_round(account, wait=10, agent=agent)
    a_round(account, wait=10, state="missed", agent=agent)
    a_round(account, wait=10, state="missed")
    assert (summary()["rate_30s"], summary(agent=agent)["rate_30s"]) == (1 / 3, 0.5)


def test_a_period_is_half_open_by_the_start(account: Account, agent: User) -> None:
    for seconds in (-0.001, 0, 59.999, 60):
        a_round(account, wait=10, agent=agent, start=at(seconds))
    assert summary(from_=NOON, to=at(60))["rounds"] == 2


def test_a_summary_is_narrowed_by_account_platform_and_what_one_may_see(account: Account, agent: User) -> None:
    other = an_account("other", platform="bridge")
    a_round(account, wait=10, agent=agent)
    a_round(other, wait=100, agent=agent)
    assert summary()["rounds"] == 2
    assert summary(account="shop")["rate_30s"] == 1.0
    assert summary(platform="bridge")["rate_30s"] == 0.0
    assert summary(account="shop", platform="bridge")["rounds"] == 0
    seen = queries.summary(Account.objects.filter(key="other"), from_=NOON, to=at(1), now=at(1), account="shop")
    assert (seen["rounds"], seen["unanswered_now"]) == (0, 0)


def test_conversations_are_judged_by_their_mean_wait(account: Account, agent: User) -> None:
    slow = a_round(account, wait=400, agent=agent)
    quick = a_round(account, wait=100, agent=agent)
    a_round(account, wait=260, agent=agent, start=at(500), conversation=quick.conversation)
    assert summary()["rate_3m_conversation"] == 0.5
    a_round(account, wait=5000, state="dismissed", start=at(900), conversation=quick.conversation)
    a_round(account, wait=3, agent=agent, start=at(900), conversation=slow.conversation)
    a_round(account, wait=3, agent=agent, start=at(990), conversation=slow.conversation)
    assert summary()["rate_3m_conversation"] == 1.0


def test_not_served_is_a_conversation_without_any_reply(account: Account, agent: User) -> None:
    later = a_round(account, wait=10, state="missed")
    a_round(account, wait=10, agent=agent, start=at(4000), conversation=later.conversation)  # after the period
    a_round(account, wait=10, state="missed")
    a_round(account, wait=10, agent=agent)
    a_round(account, start=at(3590))  # not to be judged yet
    found = summary()
    assert (found["not_served_rate"], found["not_served_rate_with_dismissed"]) == (1 / 3, 1 / 3)
    a_round(account, wait=10, state="dismissed", agent=agent)
    a_round(account, wait=10, state="outside")
    found = summary(now=at(3620))
    assert (found["not_served_rate"], found["not_served_rate_with_dismissed"]) == (2 / 5, 3 / 6)


def test_hollow_replies_are_told_apart(account: Account, agent: User) -> None:
    a_round(account, wait=10, agent=agent, hollow=True)
    a_round(account, wait=10, agent=agent)
    found = summary()
    assert (found["rate_30s"], found["rate_30s_without_hollow"], found["holding_rate"]) == (1.0, 0.5, 0.5)


def test_who_waits_now_does_not_depend_on_the_period(account: Account, agent: User) -> None:
    mine = a_round(account, start=at(-100_000)).conversation
    a_round(account, start=at(-50))
    owned(mine, agent)
    found = summary(from_=NOON, to=at(1), now=NOON)
    assert (found["rounds"], found["unanswered_now"], found["longest_wait_now_s"]) == (0, 2, 100_000)
    assert summary(from_=NOON, to=at(1), now=NOON, agent=agent)["unanswered_now"] == 1


def test_behind_every_count_stand_as_many_rounds(account: Account, agent: User) -> None:
    marks: list[dict[str, Any]] = [
        {},
        {"arrived_late": True},
        {"in_hours": False},
        {"hollow": True, "unattended": True},
    ]
    for number, state in enumerate(("answered", "missed", "dismissed", "outside", "withdrawn", "answered")):
        for flags in marks:
            a_round(account, wait=number * 36, state=state, agent=None if state == "outside" else agent, **flags)
    a_round(account)
    for who in (None, agent):
        found = summary(agent=who)
        for name in definitions.COUNTS:
            period: dict[str, Any] = {"from_": at(-3600), "to": at(3600), "now": at(3600), "agent": who}
            assert queries.rounds(Account.objects.all(), behind=name, **period).count() == found[name], name


def test_rounds_are_listed_newest_first_with_their_wait(account: Account, agent: User) -> None:
    older = a_round(account, wait=100, agent=agent, accepted_at=at(60))
    newer = a_round(account, start=at(1))
    period: dict[str, Any] = {"from_": NOON, "to": at(60), "now": at(60)}
    assert list(queries.rounds(Account.objects.all(), **period)) == [newer, older]
    waits = [vars(row)["wait"] for row in queries.rounds(Account.objects.all(), **period)]
    assert waits == [None, timedelta(seconds=100)]
    own = [vars(row)["wait"] for row in queries.rounds(Account.objects.all(), agent=agent, **period)]
    assert own == [timedelta(seconds=40)]
    with pytest.raises(KeyError):
        queries.rounds(Account.objects.all(), behind="nonsense", **period)


def test_every_stored_count_has_a_column() -> None:
    from metrics.models import Rollup

    columns = {column.name for column in Rollup._meta.get_fields()}
    assert set(figures.stored(own=False)) <= columns
