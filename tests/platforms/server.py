"""A platform's servers as a function, and an account's tokens in memory."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from platforms.base import Access, Platform, Token

Scripted = httpx.Response | Exception | Mapping[str, Any] | bytes
API_BASE = "https://platform.test"

# What may happen to a call before a byte left, and after.
NEVER_CONNECTED = [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")]
LOST: list[Scripted] = [
    httpx.ReadTimeout("no"),
    httpx.ReadError("no"),
    httpx.WriteError("no"),
    httpx.WriteTimeout("no"),
    httpx.RemoteProtocolError("no"),
    httpx.Response(500, content=b"{}"),
    httpx.Response(502, content=b"<html>bad gateway</html>"),
    httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
    b"",
    b"<html>",
    b'{"errcode":',
    b"[0]",
    b"\xff\xfe",
    {},
]


@dataclass
class Server:
    """Answers a path's calls with its script in order, the last line for ever; `calls` is what was asked."""

    scripts: dict[str, list[Scripted]] = field(default_factory=dict)
    calls: dict[str, list[httpx.Request]] = field(default_factory=lambda: defaultdict(list))

    def script(self, path: str, *answers: Scripted) -> None:
        """From now on `path` answers with these."""
        self.scripts[path] = list(answers)
        self.calls[path] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        request.read()
        self.calls[path].append(request)
        script = self.scripts[path]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return response(answer)


@dataclass
class Tokens:
    """A TokenStore of one process; `fetched` counts the calls for a token."""

    value: str = ""
    fetched: int = 0
    last: timedelta = timedelta()

    def get(self, fetch: Callable[[], Token], *, stale: str = "") -> str:
        """The token, fetched if there is none or it is the stale one."""
        if not self.value or self.value == stale:
            self.fetched += 1
            token = fetch()
            self.value, self.last = token.value, token.lasts
        return self.value


def response(answer: httpx.Response | Mapping[str, Any] | bytes) -> httpx.Response:
    """The answer as a new response: a mapping becomes JSON, bytes are sent as they are."""
    if isinstance(answer, httpx.Response):
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
    if isinstance(answer, bytes):
        return httpx.Response(200, content=answer)
    return httpx.Response(200, content=json.dumps(answer).encode(), headers={"content-type": "application/json"})


def access_to(
    server: Callable[[httpx.Request], httpx.Response],
    platform: Platform,
    *,
    secrets: Mapping[str, str],
    settings: Mapping[str, str] | None = None,
    tokens: Tokens | None = None,
) -> Access:
    """An account of `platform` whose network is `server`."""
    own = {each.name: each.default for each in platform.settings if each.default}
    return Access(
        key="shop",
        secrets=secrets,
        settings={**own, **(settings or {})},
        tokens=tokens or Tokens(),
        http=httpx.Client(transport=httpx.MockTransport(server)),
        api_base=API_BASE,
    )


def sent_json(requests: Sequence[httpx.Request]) -> list[Any]:
    """The JSON bodies of `requests`."""
    return [json.loads(request.content) for request in requests]
