"""Calls end in time, tell what may have happened, and keep addresses to themselves."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpcore
import httpx
import pytest

from platforms.deadline import _Stream, within
from platforms.errors import FateUnknown, MediaError, MediaUnavailable, NotTaken
from platforms.http import call, download, host_allowed, new_client

HALF_A_SECOND = timedelta(seconds=0.5)
Behaviour = Callable[[socket.socket], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator[str]:
    """A server on a real socket that treats each connection as it likes; its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_treat, args=(behave, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _treat(behave: Behaviour, connection: socket.socket) -> None:
    with connection:
        try:
            connection.recv(65536)
            behave(connection)
        except OSError:
            return


def trickle(prefix: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.sendall(prefix)
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.02)

    return behave


HEADERS = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"


@pytest.mark.parametrize("prefix", [b"", b"HTTP/1.1 200 OK\r\nx-header: ", HEADERS], ids=["status", "header", "body"])
def test_a_server_that_trickles_does_not_exceed_the_deadline(prefix: bytes) -> None:
    with serving(trickle(prefix)) as url, new_client(call=HALF_A_SECOND) as client:
        started = time.monotonic()
        with pytest.raises(FateUnknown):
            call(client, "POST", url, repeatable=False, content=b"{}")
        assert 0.4 < time.monotonic() - started < 1.0


def test_a_server_that_reads_nothing_does_not_exceed_the_deadline() -> None:
    with serving(lambda connection: time.sleep(3)) as url, new_client(call=HALF_A_SECOND) as client:
        started = time.monotonic()
        with pytest.raises(FateUnknown):
            call(client, "POST", url, repeatable=False, content=b"x" * 30_000_000)
        assert time.monotonic() - started < 1.0


def test_the_deadline_of_a_block_covers_all_its_calls() -> None:
    with serving(trickle(HEADERS)) as url, new_client() as client, within(HALF_A_SECOND):
        with pytest.raises(FateUnknown):
            call(client, "POST", url, repeatable=False)
        started = time.monotonic()
        with pytest.raises(NotTaken):  # not a byte of this one left
            call(client, "POST", url, repeatable=False)
        assert time.monotonic() - started < 0.1


def test_a_socket_that_always_has_more_obeys_the_deadline_too() -> None:
    stream = _Stream(httpcore.MockStream([b"x"] * 10))
    assert stream.read(1) == b"x"
    with within(timedelta(0)):
        with pytest.raises(httpcore.ReadTimeout):
            stream.read(1)
        with pytest.raises(httpcore.WriteTimeout):
            stream.write(b"x")


def test_nobody_listening_is_not_taken() -> None:
    with serving(lambda connection: None) as url:
        pass
    with new_client() as client, pytest.raises(NotTaken):
        call(client, "POST", url, repeatable=False)


def test_a_connection_closed_without_an_answer_leaves_the_fate_unknown() -> None:
    with serving(lambda connection: None) as url, new_client() as client:
        with pytest.raises(FateUnknown):
            call(client, "POST", url, repeatable=False)
        with pytest.raises(NotTaken):
            call(client, "POST", url, repeatable=True)


@pytest.mark.parametrize("url", ["", "no address", "http://", "ftp://a.test/", "http://[", "http://a.test:x/"])
def test_an_address_that_is_none_is_not_taken(url: str) -> None:
    with new_client() as client, pytest.raises(NotTaken):
        call(client, "POST", url, repeatable=False)


def answering(*responses: httpx.Response) -> httpx.Client:
    left = list(responses)
    return httpx.Client(transport=httpx.MockTransport(lambda request: left.pop(0)))


def test_an_answer_over_the_limit_is_not_read_to_its_end() -> None:
    client = answering(*[httpx.Response(200, content=b"x" * 2000) for _ in range(3)])
    with pytest.raises(FateUnknown):
        call(client, "POST", "https://a.test/", repeatable=False, limit_bytes=1000)
    with pytest.raises(NotTaken):
        call(client, "GET", "https://a.test/", repeatable=True, limit_bytes=1000)
    with pytest.raises(MediaUnavailable):
        download(client, "https://a.test/", limit_bytes=1000)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, MediaUnavailable),
        (404, MediaUnavailable),
        (410, MediaUnavailable),
        (403, MediaError),
        (500, MediaError),
    ],
)
def test_a_file_that_does_not_come(status: int, error: type[MediaError]) -> None:
    client = answering(httpx.Response(status, headers={"location": "https://evil.test/"}))
    with pytest.raises(MediaError) as caught:
        download(client, "https://a.test/", limit_bytes=1000)
    assert type(caught.value) is error


def test_cookies_of_one_account_do_not_reach_another() -> None:
    seen: list[str | None] = []

    def behave(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"set-cookie": "who=me"}, content=b"{}")

    with new_client() as client:
        client._transport = httpx.MockTransport(behave)
        for _ in range(2):
            call(client, "GET", "https://a.test/", repeatable=True)
    assert seen == [None, None]


def test_the_log_of_requests_shows_no_query(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("httpx")
    monkeypatch.setattr(logger, "disabled", False)
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    caplog.set_level(logging.DEBUG, logger="httpx")
    with answering(httpx.Response(200, content=b"{}")) as client:
        call(client, "GET", "https://a.test/path", repeatable=True, params={"access_token": "secret"})
    assert "https://a.test/path" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://files.test/a", True),
        ("https://files.test/a?b=c", True),
        ("https://FILES.test:443/a", True),
        ("http://127.0.0.1:8001/media/1", True),
        ("http://127.0.0.1:8002/media/1", False),
        ("https://127.0.0.1:8001/media/1", False),
        ("http://files.test:8080/a", False),
        ("http://files.test.evil.test/a", False),
        ("http://files.test@evil.test/a", False),
        ("http://user@files.test/a", False),
        ("ftp://files.test/a", False),
        ("//files.test/a", False),
        ("files.test/a", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_files_come_from_published_hosts_only(url: str, allowed: bool) -> None:
    assert host_allowed(url, hosts={"files.test"}, api_base="http://127.0.0.1:8001/x") is allowed
