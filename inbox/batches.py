"""Work that is cheaper together: what is asked for while a batch is under way becomes the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Overloaded(Exception):
    """Too much waits already."""


class _Waiting(NamedTuple, Generic[Item, Result]):
    item: Item
    weight: int
    future: asyncio.Future[Result]


class Batches(Generic[Item, Result]):
    """Hands what waits to `work`, at most `most` items and `heaviest` bytes at a time.

    `work` answers a result for each item; what it raises, everybody of its batch gets.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int,
        heaviest: int,
        line: int,
        line_weight: int,
    ) -> None:
        self._work = work
        self._most, self._heaviest = most, heaviest
        self._line, self._line_weight = line, line_weight
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._weight = 0
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, item: Item, *, weight: int = 1) -> Result:
        """The result for `item`. Overloaded, or what `work` raises. Whoever stops waiting, loses the answer only."""
        if len(self._waiting) >= self._line or self._weight + weight > self._line_weight:
            raise Overloaded
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, weight, future))
        self._weight += weight
        if self._worker is None:
            self._worker = asyncio.ensure_future(self._work_off())
        return await future

    async def _work_off(self) -> None:
        try:
            while batch := self._take():
                await self._do(batch)
        finally:
            self._worker = None

    def _take(self) -> list[_Waiting[Item, Result]]:
        batch: list[_Waiting[Item, Result]] = []
        weight = 0
        while self._waiting and len(batch) < self._most:
            first = self._waiting[0]
            if batch and weight + first.weight > self._heaviest:
                break
            self._waiting.popleft()
            self._weight -= first.weight
            if not first.future.done():  # its asker has gone
                weight += first.weight
                batch.append(first)
        return batch

    async def _do(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            results = await self._work([waiting.item for waiting in batch])
        except Exception as error:  # noqa: BLE001 - the worker loop: every asker learns of it
            for waiting in batch:
                if not waiting.future.done():
                    waiting.future.set_exception(error)
            return
        for waiting, result in zip(batch, results, strict=True):
            if not waiting.future.done():
                waiting.future.set_result(result)
