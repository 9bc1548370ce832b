"""Adding up: nothing is lost, nothing is doubled, and sums say what rounds say."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.models import Account, Round, RoundChange, User
from metrics import queries, services
from metrics.models import Rollup
from metrics.tasks import add_up
from tests.clock import NOON, at
from tests.factories import a_user, an_account
from tests.metrics.builders import a_change, a_round

HOUR = timedelta(hours=1)


def figures_of(row: Rollup) -> dict[str, Any]:
    columns = [column.name for column in Rollup._meta.fields if column.name not in ("id", "account", "hour", "agent")]
    return {name: value for name in columns if (value := getattr(row, name))}


@pytest.mark.django_db
def test_an_hour_is_added_up_for_the_account_and_for_each_agent() -> None:
    account, agent = an_account(), a_user("wang")
    a_round(account, wait=100, agent=agent, accepted_at=at(90))
    a_round(account, wait=700, agent=agent, reply_failed=True)
    a_round(account, wait=4, state="missed")
    a_round(account, wait=4, agent=agent, in_hours=False, start=at(3599.9))
    assert services.add_up() == 4
    whole, own = Rollup.objects.order_by("agent_id").reverse()
    assert (whole.agent, whole.hour, own.agent, own.hour) == (None, NOON, agent, NOON)
    assert figures_of(whole) == {
        "rounds": 3,
        "offhours_rounds": 1,
        "answered": 2,
        "answered_3m": 1,
        "missed": 1,
        "first_answered": 2,
        "first_missed": 1,
        "reply_failed": 1,
        "capped_wait": timedelta(seconds=700),
    }
    assert figures_of(own) == {
        "rounds": 1,
        "offhours_rounds": 1,
        "answered": 1,
        "answered_30s": 1,
        "answered_3m": 1,
        "first_answered": 1,
        "first_answered_30s": 1,
        "reply_failed": 1,
        "capped_wait": timedelta(seconds=10),
    }
    assert not RoundChange.objects.exists()


@pytest.mark.django_db
def test_an_hour_that_lost_its_rounds_loses_its_rows() -> None:
    row = a_round(an_account(), wait=4, state="missed", agent=a_user())
    services.add_up()
    assert Rollup.objects.count() == 2
    Round.objects.update(state="withdrawn", agent=None)
    a_change(Round.objects.get(pk=row.pk))
    services.add_up()
    assert not Rollup.objects.exists()


@pytest.mark.django_db
def test_changes_are_taken_in_bounded_batches_by_the_task_until_none_is_left() -> None:
    account = an_account()
    for number in range(5):
        a_round(account, wait=1, state="missed", start=NOON + HOUR * number)
    assert [services.add_up(limit=2) for _ in range(2)] == [2, 2]
    assert Rollup.objects.count() == 4
    add_up()
    assert (Rollup.objects.count(), RoundChange.objects.count()) == (5, 0)


@pytest.mark.django_db
def test_rebuilding_repairs_every_hour_and_removes_what_nothing_stands_behind() -> None:
    account, empty = an_account(), an_account()
    a_round(account, wait=1, state="missed")
    a_round(account, wait=1, state="missed", start=NOON + timedelta(days=3))
    Rollup.objects.create(account=account, hour=NOON, rounds=9)
    Rollup.objects.create(account=empty, hour=NOON, rounds=9)
    assert [(number, day.day) for number, day in services.rebuild()] == [
        *((account.pk, day) for day in (5, 6, 7, 8)),
        (empty.pk, 5),
    ]
    assert [(row.hour.day, row.rounds) for row in Rollup.objects.order_by("hour")] == [(5, 1), (8, 1)]


@pytest.fixture
def agents() -> list[User | None]:
    return [a_user("wang"), a_user("li"), None]


ROUNDS = st.lists(
    st.fixed_dictionaries(
        {
            "agent": st.integers(0, 2),
            "state": st.sampled_from(Round.State.values),
            "start": st.sampled_from([0, 1, 1800, 3599.999999, 3600, 7300]),
            "wait": st.sampled_from([0.1, 29.999999, 30, 30.000001, 180, 180.000001, 599.3, 600, 86400]),
            "accepted": st.sampled_from([-5, 0, 0.1]),
            "is_first": st.booleans(),
            "in_hours": st.booleans(),
            "arrived_late": st.booleans(),
            "reply_failed": st.booleans(),
        }
    ),
    max_size=12,
)


def stored(account: Account, agents: list[User | None], drawn: dict[str, Any]) -> None:
    flags = {name: drawn[name] for name in ("is_first", "in_hours", "arrived_late", "reply_failed")}
    start, state = at(drawn["start"]), drawn["state"]
    agent = agents[drawn["agent"] % 2 if state == "answered" else drawn["agent"]]
    agent = agent if state in ("answered", "missed", "dismissed") else None
    wait = None if state == "open" else drawn["wait"]
    row = a_round(account, wait=wait, state=state, start=start, agent=agent, **flags)
    Round.objects.filter(pk=row.pk).update(accepted_at=start + timedelta(seconds=drawn["accepted"]))


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=ROUNDS, seconds=st.sampled_from([10, 3700, 7330]))
def test_sums_say_what_rounds_say(agents: list[User | None], drawn: list[dict[str, Any]], seconds: float) -> None:
    accounts = [an_account(), an_account()]
    for number, one in enumerate(drawn):
        stored(accounts[number % 2], agents, one)
    services.add_up()
    seen = Account.objects.filter(pk__in=[account.pk for account in accounts])
    for agent in agents:
        period: dict[str, Any] = {"from_": NOON, "to": NOON + HOUR * 3, "now": at(seconds), "agent": agent}
        exact, summed = queries.summary(seen, **period), queries.totals(seen, **period)
        assert summed == {name: exact[name] for name in summed}
        by_hour = queries.hours(seen, **period)
        assert sum(hour["rounds"] for hour in by_hour) == exact["rounds"]
        for hour in by_hour:
            alone = queries.summary(seen, **{**period, "from_": hour["hour"], "to": hour["hour"] + HOUR})
            assert hour == {name: alone[name] for name in hour if name != "hour"} | {"hour": hour["hour"]}
    assert not [found for found in services.verify(services.Report()) if "hour" in found.place]


def _change(account: Account, number: int) -> None:
    try:
        with transaction.atomic():
            a_round(account, wait=number, state="missed", start=at(number % 3 * 3600))
    finally:
        connection.close()


def _add_up(_: int) -> int:
    try:
        return services.add_up(limit=3)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_many_who_add_up_while_rounds_change_lose_none() -> None:
    account = an_account()
    with ThreadPoolExecutor(8) as pool:
        changes = [pool.submit(_change, account, number) for number in range(60)]
        taken = [pool.submit(_add_up, number) for number in range(40)]
        for change in changes:
            change.result()
        done = sum(each.result() for each in taken)
    while more := services.add_up(limit=3):
        done += more
    assert done == 60
    assert [row.rounds for row in Rollup.objects.order_by("hour")] == [20, 20, 20]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_up_one_hour_the_later_knows_what_the_earlier_did_not_see() -> None:
    account = an_account()
    a_round(account, wait=1, state="missed")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert services.add_up() == 1  # holds the hour until the end of this block
            _in_a_thread(pool, account)
            later = pool.submit(_add_up, 0)
            _somebody_waits_for_a_lock()
        assert later.result(timeout=20) == 1
    assert Rollup.objects.get().rounds == 2


def _somebody_waits_for_a_lock() -> None:
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.05)
    pytest.fail("nobody waits")


def _in_a_thread(pool: ThreadPoolExecutor, account: Account) -> None:
    pool.submit(_change, account, 3).result(timeout=20)
