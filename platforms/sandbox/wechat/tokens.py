"""Access tokens by the rules of stable_token.

A token lasts 7200 s and is given again to whoever asks, until 5 minutes before its end; then a new one is
made, and both work for what is left of the old. force_refresh kills the old at once, 20 times in 24 hours and
30 s apart at the most; more often than that it is not obeyed.
Source: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from platforms.sandbox.apps import random_word
from platforms.sandbox.clock import HOUR, SECOND
from platforms.sandbox.store import Store
from platforms.sandbox.wechat.answers import WeChatError

LASTS_MS = 7200 * SECOND
OVERLAP_MS = 300 * SECOND
FORCED_A_DAY = 20
FORCED_APART_MS = 30 * SECOND


def token(store: Store, app_id: str, at_ms: int, *, force: bool) -> tuple[str, int]:
    """The app's token and for how many seconds it is good."""
    with store.transaction():
        current = _current(store, app_id, at_ms)
        forced = force and _may_force(store, app_id, at_ms)
        if current and not forced:
            return current["value"], min(current["expires_ms"] - at_ms, LASTS_MS) // SECOND
        if forced:
            store.run("UPDATE token SET dead = 1 WHERE app_id = ?", app_id)
        store.run("DELETE FROM token WHERE app_id = ? AND issued_ms < ?", app_id, at_ms - 24 * HOUR)
        value = f"{random_word(3)}_{random_word(120)}"
        sql = "INSERT INTO token (value, app_id, issued_ms, expires_ms, forced) VALUES (?, ?, ?, ?, ?)"
        store.run(sql, value, app_id, at_ms, at_ms + LASTS_MS, int(forced))
    return value, LASTS_MS // SECOND


def find(store: Store, value: str) -> sqlite3.Row | None:
    """The row of a token, if it was ever given."""
    return store.row("SELECT * FROM token WHERE value = ?", value)


def check(query: Mapping[str, str], row: sqlite3.Row | None, at_ms: int) -> None:
    """Pass a query whose token, found as `row`, is good at `at_ms`; WeChatError 41001, 40001 or 42001."""
    if "access_token" not in query:
        raise WeChatError(41001)
    if row is None or row["dead"]:
        raise WeChatError(40001)
    if row["expires_ms"] <= at_ms:
        raise WeChatError(42001)


def expire(store: Store, app_id: str, at_ms: int) -> None:
    """End the app's tokens before their time."""
    store.run("UPDATE token SET expires_ms = min(expires_ms, ?) WHERE app_id = ?", at_ms, app_id)


def kill(store: Store, app_id: str) -> None:
    """Make the app's tokens invalid."""
    store.run("UPDATE token SET dead = 1 WHERE app_id = ?", app_id)


def _current(store: Store, app_id: str, at_ms: int) -> sqlite3.Row | None:
    sql = """SELECT * FROM token WHERE app_id = ? AND dead = 0 AND expires_ms >= ?
             ORDER BY issued_ms DESC LIMIT 1"""
    return store.row(sql, app_id, at_ms + OVERLAP_MS)


def _may_force(store: Store, app_id: str, at_ms: int) -> bool:
    sql = """SELECT count(*) AS n, max(issued_ms) AS last FROM token
             WHERE app_id = ? AND forced = 1 AND issued_ms > ?"""
    row = store.row(sql, app_id, at_ms - 24 * HOUR)
    return row is None or (row["n"] < FORCED_A_DAY and at_ms - (row["last"] or 0) >= FORCED_APART_MS)
