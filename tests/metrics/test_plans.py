"""What a figure costs does not grow with history: 200 000 rounds, and none read but those of the day."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.models import Account, User
from metrics import queries, services
from tests.clock import NOON, at
from tests.factories import a_user, an_account

ROUNDS = 200_000
DAY: dict[str, Any] = {"from_": NOON, "to": at(86400), "now": at(86400)}

HISTORY = """
WITH talks AS (
    INSERT INTO inbox_conversation (account_id, customer_id, status, opened_at, queued_at, closed_at, urgent_at,
        active_at, revision, unread, entry_kind, entry_value)
    SELECT %(account)s, %(customer)s, 'closed', at, at, at, at, at, 1, 0, 'unknown', ''
    FROM (SELECT %(from)s + make_interval(secs => n * 360) AS at FROM generate_series(1, %(rounds)s / 2) n)
    RETURNING id, opened_at
)
INSERT INTO inbox_round (conversation_id, account_id, state, is_first, started_at, received_at, handed_at,
    ended_at, agent_id, in_hours, arrived_late, reply_failed, unattended, hollow)
SELECT id, %(account)s, CASE WHEN id %% 9 = 0 THEN 'missed' ELSE 'outside' END, n = 0, at, at, at,
    at + make_interval(secs => id %% 90), CASE WHEN id %% 3 = 0 THEN %(agent)s::bigint END,
    true, false, false, false, false
FROM talks, generate_series(0, 1) n, LATERAL (SELECT opened_at + make_interval(secs => n * 100) AS at)
"""


@pytest.fixture
def agent() -> User:
    account, agent = an_account("old"), a_user("wang")
    customer = account.customers.create(external_id="one", created_at=NOON)
    with connection.cursor() as cursor:
        start = at(-ROUNDS / 2 * 360 + 86400)
        cursor.execute(
            HISTORY,
            {"account": account.pk, "customer": customer.pk, "agent": agent.pk, "from": start, "rounds": ROUNDS},
        )
        cursor.execute("ANALYZE inbox_round")
        cursor.execute("ANALYZE inbox_conversation")
    return agent


def rows_read(sql: str) -> int:
    """The rows of rounds and rollups that the statement looked at, whether it kept them or not."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on inbox_round" not in plan, plan
    scans = re.findall(r"Scan .*? on inbox_round.*?actual rows=([\d.]+) loops=(\d+)", plan)
    return sum(int(float(rows) * int(loops)) for rows, loops in scans)


@pytest.mark.django_db
def test_a_day_costs_what_the_day_holds(agent: User) -> None:
    accounts = Account.objects.all()
    with CaptureQueriesContext(connection) as asked:
        whole = queries.summary(accounts, **DAY)
        own = queries.summary(accounts, agent=agent, **DAY)
        list(queries.rounds(accounts, **DAY)[:50])
        queries.now(accounts, now=at(86400))
        services.rollups.added_up(accounts.get().pk, NOON, at(86400))
    assert (whole["rounds"], own["rounds"]) == (480, 160)
    statements = [query["sql"] for query in asked.captured_queries if "inbox_round" in query["sql"]]
    assert len(statements) == 12
    assert max(rows_read(statement) for statement in statements) < 1000
