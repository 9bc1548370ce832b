"""PostgreSQL on the event loop, without Django's threads: for the gateway, whose answer must come within seconds.

psycopg's own cancelling asks the server to stop and waits for it, which a hung server never answers; here the socket is
shut instead, and the next statement opens a new connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Result = TypeVar("Result")
Rows = list[tuple[Any, ...]]

# Gone, failing over to a copy that only reads, or not migrated yet: whatever was asked, nothing was stored.
AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedTable,
)


class DatabaseAway(Exception):
    """No answer in time, or a connection that broke: whether the statement took effect is not known."""


class Direct:
    """One connection, opened when needed and dropped after any fault; each statement is a transaction of its own."""

    def __init__(self, name: str, *, limit: timedelta) -> None:
        self._name = name
        self._limit = limit.total_seconds()
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None

    async def rows(self, statement: str, values: Sequence[Any]) -> Rows:
        """What `statement` returned, once it is committed. DatabaseAway; psycopg's DataError and IntegrityError.

        It may be carried out twice, when a connection that had gone stale turns out so: it must bear that.
        """
        async with self._turn:
            ends_at = time.monotonic() + self._limit
            if self._connection is not None:
                try:
                    return await self._until(ends_at, self._once(self._connection, statement, values))
                except DatabaseAway:
                    if time.monotonic() >= ends_at:
                        raise  # it did not end while it was idle: it hangs
            self._connection = await self._until(ends_at, _connect(self._name))
            return await self._until(ends_at, self._once(self._connection, statement, values))

    async def close(self) -> None:
        """Let the connection go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _once(self, connection: Connection, statement: str, values: Sequence[Any]) -> Rows:
        try:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []
        except AWAY as error:
            await connection.close()
            raise DatabaseAway(type(error).__name__) from error

    async def _until(self, ends_at: float, step: Coroutine[Any, Any, Result]) -> Result:
        """What `step` gives; at `ends_at` its connection is dropped under it."""
        task = asyncio.ensure_future(step)
        task.add_done_callback(_look_at)
        done, _ = await asyncio.wait({task}, timeout=max(0.0, ends_at - time.monotonic()))
        if done:
            return task.result()
        connection = self._connection
        if connection is None or connection.closed:
            task.cancel()  # it is only being made
        else:
            _shut(connection)
            task.add_done_callback(lambda _: connection.pgconn.finish())
        raise DatabaseAway("no answer in time")


async def _connect(name: str) -> Connection:
    try:
        return await Connection.connect(_conninfo(name), autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseAway(type(error).__name__) from error


def _shut(connection: Connection) -> None:
    """What waits for its answer ends with an error."""
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)


def _look_at(task: asyncio.Task[Any]) -> None:
    """asyncio complains of errors that nobody looked at."""
    if not task.cancelled():
        task.exception()


def _conninfo(name: str) -> str:
    """As Django connects, tests' databases included."""
    given = connections["default"].settings_dict
    options = {key: value for key, value in given["OPTIONS"].items() if key != "pool"}
    parts = {"dbname": given["NAME"], "user": given["USER"], "password": given["PASSWORD"]}
    place = {"host": given["HOST"], "port": given["PORT"]}
    known = {key: value for key, value in {**parts, **place}.items() if value}
    return make_conninfo(application_name=f"onequeue {name}", **{**known, **options})
