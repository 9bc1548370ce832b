"""A small piece of HTTP over ASGI: requests, responses, routes. Enough for the twin, and light."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]

KIB = 1024
MIB = 1024 * KIB


class HttpError(Exception):
    """The request is answered with `status` and `code`, a stable word."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, read whole. Header names are lower case; `args` is what the route's pattern named."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    receive: Receive = field(repr=False)
    args: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, {} if there is none; HttpError 400 or 415."""
        if not self.body:
            return {}
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise HttpError(415, "not_json", "send application/json")
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise HttpError(400, "bad_json", str(error)) from error
        if not isinstance(found, dict):
            raise HttpError(400, "bad_json", "an object is expected")
        return found

    def number(self, name: str, default: int, *, most: int) -> int:
        """The query's `name` between 0 and `most`; HttpError 400."""
        text = self.query.get(name, str(default))
        if not text.isdecimal():
            raise HttpError(400, "bad_number", f"{name} is a number from 0 to {most}")
        return min(int(text), most)

    async def hold(self, seconds: float) -> None:
        """Keep the caller waiting for `seconds`, or until they hang up."""
        try:
            async with asyncio.timeout(seconds):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer. With `cut_after` the connection is closed after that many bytes; `fault` is for the log."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    fault: str = ""

    async def write(self, send: Send) -> None:
        """Send it; a cut answer promises more than it brings, and the server closes the connection."""
        names = {
            "content-type": self.content_type,
            "content-length": str(len(self.body)),
            "cache-control": "no-store",
        }
        pairs = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in (names | dict(self.headers)).items()]
        await send({"type": "http.response.start", "status": self.status, "headers": pairs})
        cut = self.cut_after is not None
        body = self.body[: self.cut_after] if cut else self.body
        await send({"type": "http.response.body", "body": body, "more_body": cut})


def answer(data: object, status: int = 200) -> Response:
    """`data` as JSON, its characters as they are."""
    return Response(body=json.dumps(data, ensure_ascii=False).encode(), status=status)


Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` has `{names}`; a call by another method than `methods` is 405."""

    methods: frozenset[str]
    pattern: str
    handler: Handler
    limit_bytes: int = MIB

    def regex(self) -> re.Pattern[str]:
        """The pattern with each name standing for one part of the path."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.pattern))


def route(methods: str, pattern: str, handler: Handler, *, limit_bytes: int = MIB) -> Route:
    """A route for `methods`, separated by spaces."""
    return Route(frozenset(methods.split()), pattern, handler, limit_bytes)


class Router:
    """Finds the route of a path; a slash at the end makes no difference."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._plain: dict[str, list[Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for each in routes:
            if "{" in each.pattern:
                self._patterns.append((each.regex(), each))
            else:
                self._plain.setdefault(each.pattern, []).append(each)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and what its pattern named; HttpError 404 or 405."""
        path = path.rstrip("/") or "/"
        found: list[tuple[Route, dict[str, str]]]
        found = [(each, {}) for each in self._plain.get(path, [])] or self._matches(path)
        if not found:
            raise HttpError(404, "not_found", f"nothing at {path}")
        for each, args in found:
            if method in each.methods:
                return each, args
        raise HttpError(405, "method_not_allowed", f"{method} is not for {path}")

    def _matches(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        matches = ((pattern.fullmatch(path), each) for pattern, each in self._patterns)
        return [(each, match.groupdict()) for match, each in matches if match]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            found, args = self.find(scope["method"], scope["path"])
            request = await read_request(scope, receive, limit_bytes=found.limit_bytes)
            response = await found.handler(replace(request, args=args))
        except HttpError as error:
            response = answer({"code": error.code, "detail": str(error)}, error.status)
        await response.write(send)


async def read_request(scope: Scope, receive: Receive, *, limit_bytes: int) -> Request:
    """The whole request; HttpError 413 as soon as it is longer than `limit_bytes`."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit_bytes:
            raise HttpError(413, "too_large", f"at most {limit_bytes} bytes")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=bytes(body),
        receive=receive,
    )
