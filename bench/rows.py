"""Conversations in SQL, as years of work leave them: nearly all closed, a few hundred live."""

from __future__ import annotations

import psycopg

QUEUED, ASSIGNED = 200, 200
PER_DAY = 2_000
TALK_MESSAGES = 30  # of each live conversation

# Bigger numbers are older. `n` live ones first: queued, then assigned, then closed.
_CUSTOMERS = """
INSERT INTO inbox_customer (account_id, external_id, name, entry_kind, entry_value, created_at)
SELECT a.ids[1 + n %% cardinality(a.ids)], 'orow' || n, '', 'unknown', '', now()
FROM generate_series(1, %(customers)s) n, (SELECT array_agg(id ORDER BY id) AS ids FROM inbox_account) a
"""

_CONVERSATIONS = """
WITH customers AS (SELECT array_agg(id ORDER BY id) AS ids, array_agg(account_id ORDER BY id) AS accounts
                   FROM inbox_customer),
     agents AS (SELECT account_id, array_agg(user_id ORDER BY user_id) AS ids FROM inbox_membership GROUP BY 1),
     numbered AS (
        SELECT n, c.ids[1 + (n - 1) %% cardinality(c.ids)] AS customer,
               c.accounts[1 + (n - 1) %% cardinality(c.ids)] AS account,
               CASE WHEN n <= %(queued)s THEN 'queued' WHEN n <= %(live)s THEN 'assigned' ELSE 'closed' END AS status,
               now() - n * interval '1 day' / %(per_day)s AS at
        FROM generate_series(1, %(count)s) n, customers c)
INSERT INTO inbox_conversation (account_id, customer_id, status, assignee_id, last_assignee_id, opened_at, queued_at,
    assigned_at, closed_at, waiting_since, due_at, urgent_at, active_at, revision, unread, entry_kind, entry_value)
SELECT account, customer, status, CASE status WHEN 'assigned' THEN agent END, CASE status WHEN 'closed' THEN agent END,
    at, at, CASE WHEN status <> 'queued' THEN at + interval '8 s' END,
    CASE WHEN status = 'closed' THEN at + interval '5 min' END,
    CASE WHEN status <> 'closed' THEN at END, CASE WHEN status <> 'closed' THEN at + interval '30 s' END,
    CASE WHEN status <> 'closed' THEN at ELSE at + interval '3650 days' END,
    at + interval '20 s', 7, 0, 'unknown', ''
FROM numbered n JOIN agents a ON a.account_id = n.account,
    LATERAL (SELECT a.ids[1 + n.n / 10 %% cardinality(a.ids)] AS agent) b
ORDER BY n.n DESC
"""

_ASSIGNMENTS = """
INSERT INTO inbox_assignment (conversation_id, agent_id, started_at, ended_at, ended_by, left_open)
SELECT id, coalesce(assignee_id, last_assignee_id), assigned_at, closed_at,
    CASE WHEN closed_at IS NULL THEN '' ELSE 'closed' END, false
FROM inbox_conversation WHERE assigned_at IS NOT NULL ORDER BY id
"""

_MESSAGES = """
INSERT INTO inbox_message (conversation_id, account_id, customer_id, author, sender_id, type, text, content, raw, state,
    error, error_detail, external_id, client_id, sent_at, received_at, counts, attempt, doubted, attempt_ended_at)
SELECT c.id, c.account_id, c.customer_id, CASE WHEN k %% 2 = 1 THEN 'customer' ELSE 'agent' END,
    CASE WHEN k %% 2 = 0 THEN coalesce(c.assignee_id, c.last_assignee_id) END, 'text', '在吗，这款还有货吗？ ' || k,
    '{"type": "text", "text": "在吗，这款还有货吗？"}'::jsonb, '{}'::jsonb,
    CASE WHEN k %% 2 = 1 THEN 'received' ELSE 'sent' END, '', '', 'x' || c.id || '.' || k, '',
    c.opened_at + k * interval '9 s', c.opened_at + k * interval '9 s', true, 0, 0,
    CASE WHEN k %% 2 = 0 THEN c.opened_at + k * interval '9 s' END
FROM inbox_conversation c,
    generate_series(1, CASE WHEN c.status = 'closed' THEN 2 WHEN c.status = 'queued' THEN 1 ELSE %(talk)s END) k
ORDER BY c.id, k
"""

_LAST = """
UPDATE inbox_conversation c SET last_message_id = m.id
FROM (SELECT conversation_id, max(id) AS id FROM inbox_message GROUP BY 1) m
WHERE m.conversation_id = c.id
"""

_ROUNDS = """
INSERT INTO inbox_round (conversation_id, account_id, state, is_first, started_at, received_at, handed_at, accepted_at,
    written_at, ended_at, agent_id, reply_id, in_hours, arrived_late, reply_failed, unattended, hollow)
SELECT c.id, c.account_id, CASE WHEN is_open THEN 'open' ELSE 'answered' END, k = 1, at, at, at,
    CASE WHEN NOT is_open THEN c.assigned_at END, CASE WHEN NOT is_open THEN ended END,
    CASE WHEN NOT is_open THEN ended END,
    CASE WHEN NOT is_open THEN coalesce(c.assignee_id, c.last_assignee_id) END,
    CASE WHEN NOT is_open THEN c.last_message_id END, true, false, false, false, false
FROM inbox_conversation c, generate_series(1, %(per_conversation)s) k,
    LATERAL (SELECT c.opened_at + k * interval '9 s' AS at, c.opened_at + k * interval '9 s'
        + (5 + (c.id * 7 + k) %% 55) * interval '1 s' AS ended, c.status <> 'closed' AND k = 1 AS is_open) x
WHERE k = 1 OR c.status = 'closed'
ORDER BY c.id, k
"""

_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes i WHERE schemaname = 'public' AND tablename = %s
AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = i.indexname)
"""
_TABLES = ("inbox_customer", "inbox_conversation", "inbox_assignment", "inbox_message", "inbox_round")


def fill(database_url: str, *, conversations: int, rounds: int = 0) -> None:
    """So many conversations of the accounts and agents that are there, and about so many rounds (0: one each)."""
    values = {
        "count": conversations,
        "customers": max(QUEUED + ASSIGNED, conversations // 5),
        "queued": QUEUED,
        "live": QUEUED + ASSIGNED,
        "per_day": PER_DAY,
        "talk": TALK_MESSAGES,
        "per_conversation": max(1, rounds // conversations),
    }
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("SET synchronous_commit = off")
        database.execute("SET maintenance_work_mem = '512MB'")
        database.execute("SET work_mem = '256MB'")
        definitions = [_without_indexes(database, table) for table in _TABLES]
        for statement in (_CUSTOMERS, _CONVERSATIONS, _ASSIGNMENTS, _MESSAGES, _LAST, _ROUNDS):
            database.execute(statement.encode(), values)
        for definition in (each for found in definitions for each in found):
            database.execute(definition.encode())
        for table in _TABLES:
            database.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
            database.execute(f"VACUUM (ANALYZE) {table}".encode())


def _without_indexes(database: psycopg.Connection[tuple[object, ...]], table: str) -> list[str]:
    """Drop what slows filling down; the statements that make the indexes again."""
    found = database.execute(_INDEXES, [table]).fetchall()
    database.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    for name, _ in found:
        database.execute(f'DROP INDEX "{name}"'.encode())
    return [str(definition) for _, definition in found]
