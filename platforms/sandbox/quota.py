"""How many replies a customer's action allows, and until when: the platform's own count.

The rule is the official one ("可发送客服消息条数不累加 …"): allowances do not add up, an action renews count
and deadline, and the largest of what is open counts. So a reply is charged to every grant that is open, and
is taken while any of them has one left; a grant on entering dies after its own minute, whatever else is open.

Written without looking at the product's grants, which it is there to check.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from platforms.sandbox.clock import HOUR, SECOND
from platforms.sandbox.store import Store

OK = 0
WINDOW_CLOSED = 45015
COUNT_EXHAUSTED = 45047


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many replies, for so long after the action."""

    replies: int
    lasts_ms: int


# https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/send.html
ALLOWANCES = {"message": Allowance(5, 48 * HOUR), "enter": Allowance(2, 60 * SECOND)}


@dataclass(frozen=True, slots=True)
class Decision:
    """`errcode` 0 and the kind of grant that let the reply through, or why not."""

    errcode: int
    grant: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left now: replies, and the deadline of what allows them (None: nothing is open)."""

    replies: int
    until_ms: int | None


class Quota:
    """Grants per app, customer and kind of action. Callers hold a transaction while they decide."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allow(self, app_id: str, openid: str, kind: str, at_ms: int) -> None:
        """The customer did something at `at_ms`; one older than the last of its kind changes nothing."""
        allowance = ALLOWANCES[kind]
        sql = """INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (app_id, openid, kind) DO UPDATE SET
                   began_ms = excluded.began_ms, until_ms = excluded.until_ms, used = excluded.used
                 WHERE excluded.began_ms >= grants.began_ms"""
        used = min(self._taken_since(app_id, openid, at_ms), allowance.replies)
        until_ms = at_ms + allowance.lasts_ms
        self._store.run(sql, app_id, openid, kind, at_ms, until_ms, allowance.replies, used)

    def take(self, app_id: str, openid: str, at_ms: int) -> Decision:
        """Charge one reply, or say why not."""
        grants = self._open(app_id, openid, at_ms)
        if not grants:
            return Decision(WINDOW_CLOSED)
        paying = next((each["kind"] for each in grants if each["used"] < each["allowed"]), "")
        if not paying:
            return Decision(COUNT_EXHAUSTED)
        sql = "UPDATE grants SET used = min(used + 1, allowed) WHERE app_id = ? AND openid = ? AND until_ms > ?"
        self._store.run(sql, app_id, openid, at_ms)
        return Decision(OK, paying)

    def left(self, app_id: str, openid: str, at_ms: int) -> Left:
        """What the platform would still take now."""
        grants = self._open(app_id, openid, at_ms)
        paying = [each for each in grants if each["used"] < each["allowed"]]
        replies = max((each["allowed"] - each["used"] for each in paying), default=0)
        return Left(replies, (paying or grants)[0]["until_ms"] if grants else None)

    def _open(self, app_id: str, openid: str, at_ms: int) -> list[sqlite3.Row]:
        """The grants open at `at_ms`, the longest first."""
        sql = "SELECT * FROM grants WHERE app_id = ? AND openid = ? AND until_ms > ? ORDER BY until_ms DESC"
        return self._store.rows(sql, app_id, openid, at_ms)

    def _taken_since(self, app_id: str, openid: str, at_ms: int) -> int:
        """Replies taken after `at_ms`: an action that is told late has been answered by them."""
        sql = """SELECT count(*) AS n FROM message WHERE app_id = ? AND openid = ? AND author = 'agent'
                 AND state = 'taken' AND at_ms > ?"""
        row = self._store.row(sql, app_id, openid, at_ms)
        return row["n"] if row else 0
