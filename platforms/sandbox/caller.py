"""A small HTTP/1.1 client with kept-alive connections: thousands of pushes a second have to fit beside the rest."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import h11

from platforms.sandbox.web import MIB

ANSWER_BYTES = MIB


class CallError(Exception):
    """No readable answer came; the text says why."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the other side said."""

    status: int
    body: bytes = field(repr=False)


class Caller(Protocol):
    """Calls somebody's server."""

    async def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """The answer; CallError. The time limit is the caller's own."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


def with_query(url: str, query: Mapping[str, str]) -> str:
    """`url` with more in its query."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection leads."""

    secure: bool
    host: str
    port: int


def place_of(url: str) -> tuple[Place, str]:
    """The place and what is asked of it; CallError for no http address."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        place = Place(secure, parts.hostname or "", parts.port or (443 if secure else 80))
    except ValueError as error:
        raise CallError(f"no address: {error}") from error
    if parts.scheme not in ("http", "https") or not place.host:
        raise CallError("no http address")
    return place, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Connection:
    """One connection and its protocol."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT)

    async def call(self, request: h11.Request, body: bytes) -> Answered:
        """One exchange."""
        say = self._protocol.send
        sent = [say(request), say(h11.Data(data=body)), say(h11.EndOfMessage())]
        self._writer.write(b"".join(part for part in sent if part))
        await self._writer.drain()
        status, found = 0, bytearray()
        while True:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA:
                self._protocol.receive_data(await self._reader.read(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                found += event.data
            elif isinstance(event, h11.EndOfMessage):
                return Answered(status, bytes(found))
            if len(found) > ANSWER_BYTES:
                raise CallError("the answer is too long")

    def may_serve_again(self) -> bool:
        """Whether the connection can be kept; if so it is ready for the next call."""
        if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
            return False
        self._protocol.start_next_cycle()
        return True

    def is_alive(self) -> bool:
        """Whether the other side has not closed it while it lay idle."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    def close(self) -> None:
        """Close it without waiting."""
        self._writer.close()


class Http:
    """Connections that are kept for the next call."""

    def __init__(self) -> None:
        self._idle: defaultdict[Place, deque[Connection]] = defaultdict(deque)
        self._context: ssl.SSLContext | None = None

    async def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """The answer; CallError. What an idle connection loses before any answer is not asked again."""
        place, target = place_of(url)
        request = _request(method, target, place, headers, body)
        try:
            connection = self._kept(place) or await self._connect(place)
        except (OSError, UnicodeError) as error:
            raise CallError(f"{type(error).__name__}: {error}") from error
        try:
            answered = await connection.call(request, body)
        except (OSError, h11.RemoteProtocolError) as error:
            connection.close()
            raise CallError(f"{type(error).__name__}: {error}") from error
        except BaseException:  # cancelled by the time limit
            connection.close()
            raise
        if connection.may_serve_again():
            self._idle[place].append(connection)
        else:
            connection.close()
        return answered

    async def close(self) -> None:
        """Close every idle connection."""
        for kept in self._idle.values():
            for each in kept:
                each.close()
        self._idle.clear()

    def _kept(self, place: Place) -> Connection | None:
        kept = self._idle[place]
        while kept:
            connection = kept.pop()
            if connection.is_alive():
                return connection
            connection.close()
        return None

    async def _connect(self, place: Place) -> Connection:
        if place.secure and self._context is None:
            self._context = ssl.create_default_context()
        context = self._context if place.secure else None
        return Connection(*await asyncio.open_connection(place.host, place.port, ssl=context))


def _request(method: str, target: str, place: Place, headers: Mapping[str, str], body: bytes) -> h11.Request:
    host = f"[{place.host}]" if ":" in place.host else place.host
    default = place.port == (443 if place.secure else 80)
    given = {"host": host if default else f"{host}:{place.port}", "content-length": str(len(body))}
    try:
        return h11.Request(method=method, target=target, headers=list((given | dict(headers)).items()))
    except h11.LocalProtocolError as error:
        raise CallError(f"no address: {error}") from error
