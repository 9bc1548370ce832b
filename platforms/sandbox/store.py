"""The twin's memory: one SQLite file (WAL), so that apps, messages and quotas survive a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS app (
    app_id TEXT PRIMARY KEY, name TEXT NOT NULL, app_secret TEXT NOT NULL, token TEXT NOT NULL,
    encoding_aes_key TEXT NOT NULL, original_id TEXT NOT NULL, push_mode TEXT NOT NULL,
    push_format TEXT NOT NULL, hook_url TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS customer (
    app_id TEXT NOT NULL, openid TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (app_id, openid)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS grants (
    app_id TEXT NOT NULL, openid TEXT NOT NULL, kind TEXT NOT NULL, began_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL, allowed INTEGER NOT NULL, used INTEGER NOT NULL CHECK (used >= 0),
    PRIMARY KEY (app_id, openid, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, app_id TEXT NOT NULL, openid TEXT NOT NULL, author TEXT NOT NULL,
    type TEXT NOT NULL, content TEXT NOT NULL, at_ms INTEGER NOT NULL, msg_id TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL, errcode INTEGER NOT NULL DEFAULT 0, grant_kind TEXT NOT NULL DEFAULT '',
    fault TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, acked_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS message_of_customer ON message (app_id, openid, id);
CREATE TABLE IF NOT EXISTS token (
    value TEXT PRIMARY KEY, app_id TEXT NOT NULL, issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
    forced INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS token_of_app ON token (app_id, issued_ms);
CREATE TABLE IF NOT EXISTS media (
    media_id TEXT PRIMARY KEY, app_id TEXT NOT NULL, mime TEXT NOT NULL, body BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS clock (app_id TEXT PRIMARY KEY, offset_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

Value = str | int | bytes | None


class Store:
    """A connection of one thread; what belongs together is written in one `transaction`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def run(self, sql: str, *values: Value) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(sql, values)

    def rows(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.run(sql, *values).fetchall()

    def row(self, sql: str, *values: Value) -> sqlite3.Row | None:
        """The first row of a query, if there is one."""
        found: sqlite3.Row | None = self.run(sql, *values).fetchone()
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the file's one writer from the start, so that what was read stays true."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK")
            raise
        self.run("COMMIT")
