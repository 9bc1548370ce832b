"""The way in for platforms: `/hooks/<platform>/<account key>/[rest]`, a plain ASGI application in front of Django.

Find the account, let its adapter authenticate and open the envelope, journal it, acknowledge after its commit.
Answers: the platform's own acknowledgement; 400 cannot be opened, 401 not proven, 404 no such account, 405 neither GET
nor POST, 408 body too slow, 413 too large, 503 not stored (with Retry-After: the platform pushes again).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Iterable
from typing import TypeVar
from urllib.parse import unquote_plus

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.utils import timezone
from prometheus_client import Counter, Histogram

from inbox.batches import Overloaded
from inbox.connected import Accounts, Connected
from inbox.direct import DatabaseAway
from inbox.journal import Entry, Journal
from inbox.perloop import PerLoop
from inbox.plain import Header, Receive, Scope, Send, content_length, respond
from platforms.base import Answer, Hook
from platforms.errors import HookError
from platforms.registry import PLATFORMS

log = structlog.get_logger(__name__)
answered = Counter("onequeue_hooks_total", "Pushes by platform and HTTP answer", ["platform", "status"])
took = Histogram("onequeue_hook_seconds", "From a push's first byte to our answer", ["platform"])

Result = TypeVar("Result")

PREFIX = "/hooks/"
BODY_WITHIN_SECONDS = 10.0
RETRY_AFTER_SECONDS = 5
FIELDS = 100  # of a query
_KEY = re.compile(r"[-\w]{1,64}", re.ASCII)
_REST = re.compile(r"[-\w./]{0,64}", re.ASCII)

# Nothing a signature or an event could hang on, and nothing secret is kept.
_NOT_KEPT = frozenset(
    b"""accept accept-encoding accept-language authorization cache-control connection content-length cookie
    forwarded host keep-alive pragma proxy-authorization te traceparent tracestate trailer transfer-encoding upgrade
    via""".split()
)
_NOT_KEPT_PREFIXES = (b"x-forwarded-", b"x-real-", b"cf-", b"sec-")


class Refusal(Exception):
    """Answered with `status`; nothing was kept."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Gone(Exception):
    """Nobody waits for an answer any more."""


class Gateway:
    """The ASGI application. What belongs to an event loop is made at the first request on it."""

    def __init__(self) -> None:
        self._accounts = PerLoop(Accounts)
        self._journal = PerLoop(lambda: Journal(limit=settings.GATEWAY_WAITS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one push."""
        kind, key, rest = _address(scope["path"])
        platform = kind if kind in PLATFORMS else "unknown"
        with took.labels(platform).time():
            try:
                answer = await self._answer(scope, receive, kind, key, rest)
            except Gone:
                return
            except Refusal as refusal:
                log.warning("hook.refused", platform=platform, account=key, status=refusal.status, reason=str(refusal))
                answer = Answer(str(refusal).encode(), status=refusal.status)
            await respond(send, answer, headers=_extra_headers(answer.status))
        answered.labels(platform, answer.status).inc()

    async def close(self) -> None:
        """Let go of what belongs to the running loop."""
        await self._accounts.here().close()
        await self._journal.here().close()

    async def _find(self, kind: str, key: str) -> Connected | None:
        accounts = self._accounts.here()
        found = accounts.find(kind, key)
        if accounts.knows(key):  # a time limit costs more than a look
            return await found
        return await _in_time(found, settings.GATEWAY_WAITS.total_seconds())

    async def _answer(self, scope: Scope, receive: Receive, kind: str, key: str, rest: str) -> Answer:
        if scope["method"] not in ("GET", "POST"):
            raise Refusal(405, "GET and POST only")
        received_at = timezone.now()
        asked_at = time.monotonic()
        connected = await self._find(kind, key) if kind in PLATFORMS else None
        left = settings.GATEWAY_WAITS.total_seconds() - (time.monotonic() - asked_at)
        if connected is None or rest not in connected.platform.paths:
            raise Refusal(404, "no such account")
        hook = Hook(
            method=scope["method"],
            path=rest,
            headers=_headers(scope["headers"]),
            query=_query(scope["query_string"]),
            body=await _body(scope, receive, settings.HOOK_LIMIT_BYTES),
            received_at=received_at,
        )
        try:
            return await _handle(hook, connected, self._journal.here(), left=left)
        except HookError as error:
            raise Refusal(error.status, str(error)) from error
        except InvalidToken as error:  # of its secrets: a key is missing in FIELD_KEYS
            raise Refusal(503, "the account's secrets cannot be read") from error


application = Gateway()


async def _handle(hook: Hook, connected: Connected, journal: Journal, *, left: float) -> Answer:
    """The platform's own answer to a handshake, or to a push that is safe in the journal within `left` seconds.

    HookError, Refusal.
    """
    if challenge := connected.platform.challenge(hook, connected.access):
        return challenge
    if hook.method != "POST":
        raise Refusal(400, "not a handshake")
    opened = hook.with_opened(connected.platform.open(hook, connected.access))
    if not await _in_time(journal.append(Entry(connected.id, opened, held=connected.is_paused)), left):
        raise Refusal(503, "not stored")
    return connected.platform.acknowledge(opened)


async def _in_time(work: Awaitable[Result], left: float) -> Result:
    """What `work` gives, or the platform is told to try again: it waits for five seconds itself."""
    try:
        async with asyncio.timeout(left):
            return await work
    except (DatabaseAway, TimeoutError) as error:
        raise Refusal(503, "the database is away") from error
    except Overloaded as error:
        raise Refusal(503, "too much waits") from error


async def _body(scope: Scope, receive: Receive, limit_bytes: int) -> bytes:
    """The whole body. Refusal 413 once it is larger than `limit_bytes` (read on to its end within reason, so that the
    answer is heard), 408 when it is too slow; Gone."""
    try:
        async with asyncio.timeout(BODY_WITHIN_SECONDS):
            return await _read(receive, limit_bytes, declared=content_length(scope["headers"]))
    except TimeoutError as error:
        raise Refusal(408, "the body is too slow") from error


async def _read(receive: Receive, limit_bytes: int, *, declared: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more and size <= 8 * limit_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if max(size, declared) <= limit_bytes:
            chunks.append(chunk)
    if max(size, declared) > limit_bytes:
        raise Refusal(413, "too large")
    return b"".join(chunks)


def _address(path: str) -> tuple[str, str, str]:
    """Platform, account key and the rest without slashes at its ends; "" for what cannot be one."""
    kind, _, after = path.removeprefix(PREFIX).partition("/")
    key, _, rest = after.partition("/")
    rest = rest.strip("/")
    return (kind, key, rest) if _KEY.fullmatch(key) and _REST.fullmatch(rest) else ("", "", "")


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {
        name.decode("latin-1"): _storable(value.decode("latin-1"))
        for name, value in ((name.lower(), value) for name, value in pairs)
        if name not in _NOT_KEPT and not name.startswith(_NOT_KEPT_PREFIXES)
    }


def _query(query_string: bytes) -> dict[str, str]:
    fields = query_string.decode("latin-1").split("&") if query_string else []
    if len(fields) > FIELDS:
        raise Refusal(400, "too many fields in the query")
    pairs = (field.partition("=") for field in fields)
    return {_unquoted(name): _unquoted(value) for name, _, value in pairs}


def _unquoted(text: str) -> str:
    return _storable(unquote_plus(text)) if "%" in text or "+" in text else _storable(text)


def _storable(text: str) -> str:
    """PostgreSQL's JSON holds no NUL; no platform sends one."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _extra_headers(status: int) -> list[Header]:
    if status == 503:
        return [(b"retry-after", str(RETRY_AFTER_SECONDS).encode())]
    return [(b"allow", b"GET, POST")] if status == 405 else []
