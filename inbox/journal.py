"""The journal of what platforms pushed: many requests share one transaction, and none is answered before its commit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import structlog
from prometheus_client import Histogram

from inbox import jobs
from inbox.batches import Batches
from inbox.direct import Direct, Rows
from inbox.models import Hook as Row
from platforms.base import Hook

log = structlog.get_logger(__name__)
batch_size = Histogram(
    "onequeue_journal_batch", "Hooks written in one transaction", buckets=(1, 2, 5, 10, 25, 50, 100, 250)
)

BATCH_HOOKS = 200
BATCH_BYTES = 4 * 1024 * 1024
LINE_HOOKS = 2_000
LINE_BYTES = 32 * 1024 * 1024
HOOKS_PER_JOB = 50  # a great batch is shared by several workers

# %b: binary arrays need no escaping
_INSERT = """
INSERT INTO inbox_hook (account_id, received_at, path, headers, query, body, opened, state)
SELECT * FROM unnest(
    %b::bigint[], %b::timestamptz[], %b::text[], %b::text[]::jsonb[], %b::text[]::jsonb[],
    %b::bytea[], %b::bytea[], %b::text[]
)
RETURNING id, state
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An opened hook of an account, to be processed now or, while the account is paused, to be held."""

    account: int
    hook: Hook
    held: bool

    @property
    def size_bytes(self) -> int:
        """What weighs in it."""
        return len(self.hook.body) + len(self.hook.opened)


class Journal:
    """Appends hooks and has them processed. For one event loop."""

    def __init__(self, *, limit: timedelta) -> None:
        self._database = Direct("journal", limit=limit)
        self._batches: Batches[Entry, bool] = Batches(
            self._write, most=BATCH_HOOKS, heaviest=BATCH_BYTES, line=LINE_HOOKS, line_weight=LINE_BYTES
        )

    async def append(self, entry: Entry) -> bool:
        """Whether `entry` was written; once this answers True it is committed. DatabaseAway, Overloaded.

        After DatabaseAway it may be there all the same, or twice: the events' keys stop what comes twice.
        """
        return await self._batches.ask(entry, weight=entry.size_bytes)

    async def close(self) -> None:
        """Let its connection go."""
        await self._database.close()

    async def _write(self, entries: Sequence[Entry]) -> list[bool]:
        """One transaction; where something in it cannot be stored, one for each, so that it spoils nobody else's."""
        try:
            rows = await self._database.rows(_INSERT, _columns(entries))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(entries) == 1:
                log.warning("journal.refused", account=entries[0].account, error=type(error).__name__)
                return [False]
            return [written for entry in entries for written in await self._write([entry])]
        batch_size.observe(len(entries))
        _have_processed(rows)
        return [True] * len(entries)


def _columns(entries: Sequence[Entry]) -> list[list[object]]:
    hooks = [entry.hook for entry in entries]
    return [
        [entry.account for entry in entries],
        [hook.received_at for hook in hooks],
        [hook.path for hook in hooks],
        [_json(hook.headers) for hook in hooks],
        [_json(hook.query) for hook in hooks],
        [hook.body for hook in hooks],
        [hook.opened for hook in hooks],
        [str(Row.State.HELD if entry.held else Row.State.NEW) for entry in entries],
    ]


def _json(words: Mapping[str, str]) -> str:
    return json.dumps(dict(words), ensure_ascii=False)


def _have_processed(rows: Rows) -> None:
    for ids in _chunks([pk for pk, state in rows if state == Row.State.NEW]):
        jobs.enqueue_now(jobs.INGEST, ids)


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), HOOKS_PER_JOB):
        yield list(ids[start : start + HOOKS_PER_JOB])
