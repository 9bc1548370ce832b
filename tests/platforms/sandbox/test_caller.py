"""The HTTP client that pushes: whole answers of every kind, kept connections, and errors as one class."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress

import pytest

from platforms.sandbox.caller import Answered, CallError, Http, with_query

PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nsuccess"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    """A server of bytes; its address."""

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(asyncio.IncompleteReadError):
            await serve(reader, writer)

    running = await asyncio.start_server(serving, "127.0.0.1", 0)
    async with running:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/hooks/?a=1"


async def ask(url: str) -> Answered:
    """One call of a client of its own."""
    client = Http()
    try:
        return await client.call("POST", url, {"content-type": "application/json"}, b"{}")
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (PLAIN, Answered(200, b"success")),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", Answered(200, b"until the end")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answered(204, b"")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, Answered(200, b"success")),
        (
            b"HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n3\r\nsuc\r\n4\r\ncess\r\n0\r\n\r\n",
            Answered(503, b"success"),
        ),
    ],
)
async def test_every_way_of_ending_an_answer(answer: bytes, expected: Answered) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(answer)

    async with server(serve) as url:
        assert await ask(url) == expected


async def test_a_connection_is_kept_and_left_when_it_is_closed() -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        for _ in range(2):
            await reader.readuntil(b"{}")
            writer.write(PLAIN)

    client = Http()
    async with server(serve) as url:
        for _ in range(3):
            assert (await client.call("POST", url, {}, b"{}")).body == b"success"
            await asyncio.sleep(0.01)
        await client.close()
    assert len(connections) == 2


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", PLAIN[:-3]])
async def test_half_an_answer_is_none(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(answer)

    async with server(serve) as url:
        with pytest.raises(CallError, match="RemoteProtocolError"):
            await ask(url)


async def test_an_answer_without_an_end_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2**20 + 1))

    async with server(serve) as url:
        with pytest.raises(CallError, match="too long"):
            await ask(url)


@pytest.mark.parametrize(
    "url", ["", "ftp://a/", "http://", "http://a:b/", "http://127.0.0.1:1/", "http://a..b/", "http://a/ b"]
)
async def test_an_address_that_leads_nowhere(url: str) -> None:
    with pytest.raises(CallError):
        await ask(url)


def test_a_query_is_added_to_an_address() -> None:
    assert with_query("http://a/", {"b": "一"}) == "http://a/?b=%E4%B8%80"
    assert with_query("http://a/?c=1", {"b": "2"}) == "http://a/?c=1&b=2"
