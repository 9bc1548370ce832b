"""The figures at the HTTP edge: what is asked, who may ask, and the rounds behind a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.models import Account, User
from tests.clock import at
from tests.factories import a_user, an_account, an_agent, answered, said, taken
from tests.inbox.api.calls import Caller
from tests.support.settling import deliver_next

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("two_minutes_later")]
DAY = {"from": "2026-01-05T00:00:00+08:00", "to": "2026-01-06T00:00:00+08:00"}


@pytest.fixture
def two_minutes_later() -> Iterator[None]:
    with time_machine.travel(at(120), tick=False):
        yield


@pytest.fixture
def account() -> Account:
    return an_account("wedding", name="婚纱")


@pytest.fixture
def boss(account: Account) -> Caller:
    return Caller(a_user("boss", role=User.Role.SUPERVISOR, accounts=(account,)))


def one_answered(account: Account, agent: User, *, after: float, customer: str) -> int:
    conversation = taken(account, agent, customer=customer)
    answered(conversation, agent, at=at(after))
    deliver_next(conversation.customer_id, at=at(after))
    return conversation.pk


def test_a_summary_has_the_promised_fields(account: Account, boss: Caller) -> None:
    lin = an_agent("lin", account)
    one_answered(account, lin, after=10, customer="fast")
    one_answered(account, lin, after=40, customer="slow")
    said(account, customer="waits")
    status, found = boss.get("metrics/summary/", **DAY)
    promised = {
        "rounds": 3,
        "answered": 2,
        "rate_30s": 1 / 3,
        "rate_30s_first": 1 / 3,
        "rate_3m": 1.0,
        "avg_response_s": 25.0,
        "first_response_s": {"mean": 25.0, "median": 25.0, "p90": 37.0},
        "unanswered_now": 1,
        "longest_wait_now_s": 120.0,
    }
    assert status == 200
    assert {name: found[name] for name in promised} == promised
    assert found["not_served_rate"] == 1 / 3
    assert found["definition"]["rate_30s"]


def test_a_period_is_half_open_and_a_space_is_a_plus(account: Account, boss: Caller) -> None:
    said(account, customer="a")

    def rounds(**period: str) -> int:
        status, found = boss.get("metrics/summary/", **period)
        assert status == 200
        return int(found["rounds"])

    assert rounds() == 1
    assert rounds(**DAY) == 1
    assert rounds(**{"from": "2026-01-05T12:00:00+08:00", "to": "2026-01-05T12:00:01+08:00"}) == 1
    assert rounds(**{"from": "2026-01-05T11:00:00 08:00", "to": "2026-01-05T12:00:00 08:00"}) == 0
    assert rounds(account="wedding", platform="mini_program", **DAY) == 1


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2026-01-05"},
        {"from": "2026-01-05T00:00:00"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"to": "9999-12-31T23:59:59-14:00"},
        {"from": "x\0"},
        {"from": "2026-13-45T12:00:00Z"},
        {"to": "2026-02-30T12:00:00Z"},
        {"platform": "telegram"},
        {"agent": "a" * 151},
    ],
    ids=str,
)
def test_parameters_that_make_no_sense_are_400(boss: Caller, params: dict[str, Any]) -> None:
    for path in ("metrics/summary/", "metrics/rounds/"):
        status, found = boss.get(path, **params)
        assert (status, found["code"], set(found["errors"])) == (400, "invalid", set(params))
    assert boss.get("metrics/rounds/", behind="nothing")[0] == 400


def test_a_round_shows_its_timeline(account: Account, boss: Caller) -> None:
    pk = one_answered(account, an_agent("lin", account), after=40, customer="slow")
    status, found = boss.get("metrics/rounds/", **DAY)
    assert status == 200
    (row,) = found["results"]
    assert row == {
        "id": row["id"],
        "conversation": pk,
        "account": {"key": "wedding", "platform": "mini_program", "name": "婚纱"},
        "customer": {"external_id": "slow", "name": ""},
        "agent": {"username": "lin"},
        "state": "answered",
        "started_at": "2026-01-05T04:00:00+00:00",
        "ended_at": "2026-01-05T04:00:40+00:00",
        "wait_s": 40.0,
        "is_first": True,
        "in_hours": True,
        "arrived_late": False,
        "reply_failed": False,
        "unattended": False,
        "hollow": False,
        "timeline": row["timeline"],
    }
    assert [(step["what"], step["after_s"]) for step in row["timeline"]] == [
        ("said", 0.0),
        ("received", 0.0),
        ("handed", 0.0),
        ("accepted", 0.0),
        ("written", 40.0),
        ("answered", 0.0),
    ]


def test_the_rounds_behind_a_count_are_as_many_as_it_says(account: Account, boss: Caller) -> None:
    lin = an_agent("lin", account)
    for number, after in enumerate((5, 20, 45)):
        one_answered(account, lin, after=after, customer=f"o-{number}")
    _, found = boss.get("metrics/rounds/", behind="answered_after_30s", **DAY)
    assert [row["wait_s"] for row in found["results"]] == [45.0]
    _, first = boss.get("metrics/rounds/", limit=2, **DAY)
    _, second = boss.get(first["next"])
    assert len(first["results"]) + len(second["results"]) == 3
    assert second["next"] is None


def test_agents_ask_for_their_own_figures_only(account: Account) -> None:
    lin = an_agent("lin", account)
    one_answered(account, lin, after=10, customer="a")
    for path in ("metrics/summary/", "metrics/rounds/"):
        status, found = Caller(lin).get(path, agent="boss")
        assert (status, found["code"]) == (403, "not_allowed")
    one_answered(account, an_agent("jie", account), after=10, customer="b")
    for params in ({}, {"agent": "lin"}):
        assert Caller(lin).get("metrics/summary/", **params, **DAY)[1]["rounds"] == 1
        rows = Caller(lin).get("metrics/rounds/", **params, **DAY)[1]["results"]
        assert [row["customer"]["external_id"] for row in rows] == ["a"]


def test_what_is_not_theirs_to_see_is_not_there(account: Account, boss: Caller) -> None:
    other = an_account("other")
    stranger = an_agent("stranger", other)
    one_answered(other, stranger, after=10, customer="a")
    assert boss.get("metrics/summary/", **DAY)[1]["rounds"] == 0
    assert boss.get("metrics/rounds/", **DAY)[1]["results"] == []
    assert boss.get("metrics/summary/", account="other")[0] == 404
    assert boss.get("metrics/summary/", agent="stranger")[0] == 404
    root = Caller(a_user("root", role=User.Role.ADMIN))
    assert root.get("metrics/summary/", agent="stranger", **DAY)[1]["rounds"] == 1


def test_rounds_cost_the_same_queries_for_3_rows_and_30(account: Account, boss: Caller) -> None:
    def queries_of(rows: int) -> int:
        for number in range(rows):
            said(account, customer=f"o-{rows}-{number}")
        with CaptureQueriesContext(connection) as captured:
            assert len(boss.get("metrics/rounds/", limit=200, **DAY)[1]["results"]) >= rows
        return len(captured)

    assert queries_of(3) == queries_of(30)
