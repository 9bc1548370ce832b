"""One deadline for a whole block of calls: httpx's time-outs are for one read, a trickling server never ends.

`within` sets it for the calling thread; the transport's sockets obey it at every connect, read and write.
Resolving a host name is the one step that the deadline cannot interrupt.
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import httpcore
import httpx

WRITE_BYTES = 64 * 1024

_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextmanager
def within(lasts: timedelta) -> Iterator[None]:
    """All calls in this block together end within `lasts`; an inner block can only shorten an outer one."""
    before = _ends_at.set(min(_ends_at.get(), time.monotonic() + lasts.total_seconds()))
    try:
        yield
    finally:
        _ends_at.reset(before)


def seconds_left() -> float:
    """Seconds until the deadline, below zero when it is over; infinite outside `within`."""
    return _ends_at.get() - time.monotonic()


def clipped(timeout: float | None) -> float:
    """`timeout` in seconds (None: forever), but no later than the deadline and never below a millisecond."""
    return max(0.001, min(math.inf if timeout is None else timeout, seconds_left()))


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport without proxies, on sockets that obey the deadline."""

    def __init__(self, *, limits: httpx.Limits) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(),
        )


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if seconds_left() <= 0:
            raise httpcore.ReadTimeout("the deadline of the whole call is over")
        return self._stream.read(max_bytes, timeout=_finite(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_BYTES):
            if seconds_left() <= 0:
                raise httpcore.WriteTimeout("the deadline of the whole call is over")
            self._stream.write(buffer[start : start + WRITE_BYTES], timeout=_finite(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _finite(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._sockets.connect_tcp(host, port, _finite(timeout), local_address, socket_options))


def _finite(timeout: float | None) -> float | None:
    seconds = clipped(timeout)
    return None if seconds == math.inf else seconds
