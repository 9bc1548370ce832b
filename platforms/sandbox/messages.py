"""What was said, by whom, and what became of it: the truth that tests compare the product with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platforms.sandbox.clock import iso
from platforms.sandbox.store import Store

# Authors: customer (a push), agent (a send), system (a line on the phone).
# States: pending, acked, failed, lost of a push; taken, refused of a send; shown of a system line.


def as_json(row: sqlite3.Row) -> dict[str, Any]:
    """A message as the control API shows it."""
    found = dict(row)
    found["content"] = json.loads(row["content"])
    found["at"] = iso(found.pop("at_ms"))
    found["acked_at"] = iso(found.pop("acked_ms"))
    found["accepted"] = row["state"] in ("taken", "acked")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing said, or refused. `grant` is the kind that let a reply through, `fault` what was armed."""

    app_id: str
    openid: str
    author: str
    type: str
    content: Mapping[str, Any]
    at_ms: int
    state: str
    msg_id: str = ""
    errcode: int = 0
    grant: str = ""
    fault: str = ""


class Messages:
    """The record of both directions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, line: Line) -> int:
        """Record one; its number."""
        sql = """INSERT INTO message (app_id, openid, author, type, content, at_ms, state,
                   msg_id, errcode, grant_kind, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
        content = json.dumps(line.content, ensure_ascii=False)
        whose = (line.app_id, line.openid, line.author, line.type, content, line.at_ms, line.state)
        return self._store.run(sql, *whose, line.msg_id, line.errcode, line.grant, line.fault).lastrowid or 0

    def pushed(self, number: int, *, state: str, tries: int, acked_ms: int | None) -> None:
        """What became of a customer's message on its way to the hook."""
        sql = "UPDATE message SET state = ?, tries = ?, acked_ms = ? WHERE id = ?"
        self._store.run(sql, state, tries, acked_ms, number)

    def pending(self) -> list[sqlite3.Row]:
        """What customers did and no hook has heard yet, oldest first."""
        sql = "SELECT * FROM message WHERE author = 'customer' AND state = 'pending' ORDER BY id LIMIT 1000"
        return self._store.rows(sql)

    def of_customer(self, app_id: str, openid: str, *, last: int) -> list[dict[str, Any]]:
        """The last ones of a customer, oldest first."""
        sql = "SELECT * FROM message WHERE app_id = ? AND openid = ? ORDER BY id DESC LIMIT ?"
        return [as_json(row) for row in reversed(self._store.rows(sql, app_id, openid, last))]

    def of_app(self, app_id: str, *, author: str, state: str, after: int, limit: int) -> list[dict[str, Any]]:
        """All of an app after the id `after`, oldest first; "" for any author or state."""
        sql = """SELECT * FROM message WHERE app_id = ? AND (? = '' OR author = ?) AND (? = '' OR state = ?)
                 AND id > ? ORDER BY id LIMIT ?"""
        rows = self._store.rows(sql, app_id, author, author, state, state, after, limit)
        return [as_json(row) for row in rows]

    def last_at(self, app_id: str, openid: str) -> int | None:
        """When the customer and the account last exchanged a message."""
        sql = """SELECT at_ms FROM message WHERE app_id = ? AND openid = ? AND author <> 'system'
                 AND state <> 'refused' ORDER BY id DESC LIMIT 1"""
        row = self._store.row(sql, app_id, openid)
        return row["at_ms"] if row else None
