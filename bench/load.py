"""A small HTTP/1.1 client for load: requests are bytes made ahead, connections are kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

HOST = "127.0.0.1"


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


@dataclass
class Load:
    """What a stretch of load gave. `latencies_ms` are of all that was answered."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers with 200 per second."""
        return self.statuses[200] / self.seconds if self.seconds else 0.0

    @property
    def faults(self) -> int:
        """Answers with anything else."""
        return self.statuses.total() - self.statuses[200]

    def note(self, answer: Answer, began_at: float) -> None:
        """Count one answer."""
        self.statuses[answer.status] += 1
        self.latencies_ms.append((time.perf_counter() - began_at) * 1000)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` of them lie; nan of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def request(method: str, path: str, *, body: bytes = b"", token: str = "", kind: str = "application/json") -> bytes:
    """A whole request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if body else []
    lines += [f"Authorization: Token {token}"] if token else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def post(path: str, data: object, *, token: str = "") -> bytes:
    """A POST of JSON."""
    return request("POST", path, body=json.dumps(data, ensure_ascii=False).encode(), token=token)


class Connection(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._waiting: asyncio.Future[Answer] | None = None

    async def ask(self, raw: bytes) -> Answer:
        """The answer to a request; ConnectionError."""
        if self._transport is None or self._transport.is_closing():
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_connection(lambda: self, HOST, self._port)
            self._transport, self._buffer = transport, b""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._waiting

    def close(self) -> None:
        """Let it go."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        self._buffer += data
        answer = _answer(self._buffer)
        if answer is not None and self._waiting is not None and not self._waiting.done():
            self._buffer = b""
            self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server has closed it."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError(str(exc)))


def _answer(buffer: bytes) -> Answer | None:
    """The answer, once it is whole."""
    head, found, body = buffer.partition(b"\r\n\r\n")
    if not found:
        return None
    status = int(head[9:12])
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at >= 0:
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0])
        return Answer(status, body) if len(body) >= length else None
    if b"transfer-encoding: chunked" in lower:
        return Answer(status, _unchunked(body)) if body.endswith(b"0\r\n\r\n") else None
    return Answer(status, body)


def _unchunked(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        body = rest[length + 2 :] if length else b""
    return b"".join(parts)


async def flood(port: int, requests: Iterator[bytes], *, connections: int = 32, seconds: float) -> Load:
    """As much as the server takes for so long, or until there are no more `requests`."""
    load = Load()
    began_at = time.perf_counter()
    ends_at = began_at + seconds

    async def line() -> None:
        connection = Connection(port)
        for raw in requests:
            asked_at = time.perf_counter()
            if asked_at >= ends_at:
                break
            load.note(await connection.ask(raw), asked_at)
        connection.close()

    await asyncio.gather(*(line() for _ in range(connections)))
    load.seconds = time.perf_counter() - began_at
    return load


class Pool:
    """Connections that whoever needs one takes in turn."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Connection] = []

    async def ask(self, raw: bytes) -> Answer:
        """Over a connection of one's own."""
        connection = self._free.pop() if self._free else Connection(self._port)
        try:
            return await connection.ask(raw)
        finally:
            self._free.append(connection)

    async def json(self, raw: bytes) -> Any:
        """The answer's JSON; AssertionError for a refusal."""
        answer = await self.ask(raw)
        assert answer.status < 300, answer
        return json.loads(answer.body)


async def steadily(rate: float, doings: Sequence[Callable[[], Awaitable[None]]]) -> float:
    """Start each of `doings` at its time, `rate` a second; how late the latest was started, in seconds."""
    began_at, latest = time.perf_counter(), 0.0
    async with asyncio.TaskGroup() as group:
        for n, do in enumerate(doings):
            await asyncio.sleep(began_at + n / rate - time.perf_counter())
            latest = max(latest, time.perf_counter() - began_at - n / rate)
            group.create_task(_of(do()))
    return latest


async def _of(work: Awaitable[None]) -> None:
    await work
