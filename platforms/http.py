"""Calls to platforms: one pool, a deadline, a size limit, and errors that say what may have happened.

The text of an error never holds an address: access tokens travel in its query. httpx's log is stripped too.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from platforms.deadline import DeadlineTransport, clipped, seconds_left, within
from platforms.errors import FateUnknown, MediaError, MediaUnavailable, NotTaken, PlatformError, SendError

ANSWER_LIMIT_BYTES = 1024 * 1024
CALL = timedelta(seconds=10)
CONNECT = timedelta(seconds=3)
KEPT_ALIVE = timedelta(seconds=5)  # short: a connection the other side just closed costs a message its certainty

_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_BAD_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol)


class Unsent(PlatformError):
    """No connection was made: not one byte of the request left."""


class Lost(PlatformError):
    """Bytes may have left, and no whole answer came back."""


class TooLarge(Lost):
    """The answer is larger than the caller's limit."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; `body` is decoded from its transfer encodings."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower case, "" if there is none."""
        kind: str = self.headers.get("content-type", "")
        return kind.partition(";")[0].strip().lower()


def new_client(*, call: timedelta = CALL, connect: timedelta = CONNECT, connections: int = 100) -> httpx.Client:
    """The client for `Access.http`, one per process: no proxies, no redirects, no cookies between accounts.

    `call` bounds each call as a whole, `connect` getting a connection, from the network and from the pool.
    """
    wait = connect.total_seconds()
    limits = httpx.Limits(max_connections=connections, keepalive_expiry=KEPT_ALIVE.total_seconds())
    return httpx.Client(
        transport=DeadlineTransport(limits=limits),
        timeout=httpx.Timeout(call.total_seconds(), connect=wait, pool=wait),
        headers={"user-agent": "OneQueue", "accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def exchange(client: httpx.Client, method: str, url: str, *, limit_bytes: int, **parts: Any) -> Reply:
    """One request and its whole answer, whatever the status; `parts` as in `httpx.Client.build_request`.

    It ends within the client's read time-out and within `within`. Unsent, Lost, TooLarge.
    """
    with within(timedelta(seconds=client.timeout.read or CALL.total_seconds())):
        try:
            request = client.build_request(method, url, timeout=_timeout(client), **parts)
            return _exchange(client, request, limit_bytes)
        except _NEVER_CONNECTED as error:
            raise Unsent(f"no connection was made ({type(error).__name__})") from error
        except _BAD_ADDRESS as error:
            raise Unsent("the address is not an HTTP address") from error
        except httpx.HTTPError as error:
            raise Lost(f"no whole answer came ({type(error).__name__})") from error


def call(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    repeatable: bool,
    limit_bytes: int = ANSWER_LIMIT_BYTES,
    **parts: Any,
) -> Reply:
    """An API call. NotTaken if no connection was made; FateUnknown if bytes may have left, or 5xx came.

    A `repeatable` call changes nothing for a customer, so whatever is lost of it is NotTaken: try again.
    """
    try:
        reply = exchange(client, method, url, limit_bytes=limit_bytes, **parts)
    except Unsent as error:
        raise NotTaken(str(error)) from error
    except Lost as error:
        raise lost(str(error), repeatable=repeatable) from error
    if reply.status >= 500:
        raise lost(f"the platform answered HTTP {reply.status}", repeatable=repeatable)
    return reply


def lost(message: str, *, repeatable: bool) -> SendError:
    """What to raise for an answer that did not come or cannot be read."""
    return NotTaken(message) if repeatable else FateUnknown(message)


def download(client: httpx.Client, url: str, *, limit_bytes: int, **parts: Any) -> Reply:
    """A file by GET. MediaUnavailable if it is gone, too large or elsewhere (redirects), else MediaError."""
    try:
        reply = exchange(client, "GET", url, limit_bytes=limit_bytes, **parts)
    except TooLarge as error:
        raise MediaUnavailable(str(error)) from error
    except (Unsent, Lost) as error:
        raise MediaError(str(error)) from error
    if reply.status in (404, 410) or 300 <= reply.status < 400:
        raise MediaUnavailable(f"the file's host answered HTTP {reply.status}")
    if reply.status != 200:
        raise MediaError(f"the file's host answered HTTP {reply.status}")
    return reply


def host_allowed(url: str, *, hosts: Collection[str], api_base: str) -> bool:
    """Whether `url` is on one of `hosts`, at the usual port, or at the very origin of `api_base`."""
    try:
        address, own = httpx.URL(url), httpx.URL(api_base)
    except httpx.InvalidURL:
        return False
    if address.scheme not in ("http", "https") or address.userinfo:
        return False
    if (address.scheme, address.host, address.port) == (own.scheme, own.host, own.port):
        return True
    return address.host in hosts and address.port is None


def _timeout(client: httpx.Client) -> httpx.Timeout:
    if seconds_left() <= 0:
        raise httpx.PoolTimeout("the deadline is over")
    own = client.timeout
    return httpx.Timeout(
        connect=clipped(own.connect),
        read=clipped(own.read),
        write=clipped(own.write),
        pool=clipped(own.pool),
    )


def _exchange(client: httpx.Client, request: httpx.Request, limit_bytes: int) -> Reply:
    response = client.send(request, stream=True, follow_redirects=False)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit_bytes:
                raise TooLarge(f"the answer is larger than {limit_bytes} bytes")
            if seconds_left() <= 0:
                raise Lost("the answer did not come in time")
        return Reply(response.status_code, response.headers, bytes(body))
    finally:
        response.close()


def _without_query(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
    return True


logging.getLogger("httpx").addFilter(_without_query)
