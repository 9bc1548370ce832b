"""How long pages take inside Django, and their queries of that: `python -m bench.probe`, in a product's environment.

Reads a Wanted a line, answers each with a Page, until there are no more.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page for the people who take turns (user name and path), so many `times` after each has had it once."""

    places: Sequence[Sequence[str]]
    times: int
    explain: bool = False


@dataclass
class Page:
    """Medians. `plans` are of one request's queries, longest first, if they were asked for."""

    status: int = 0
    ms: float = 0.0
    sql_ms: float = 0.0
    queries: int = 0
    plans: list[str] = field(default_factory=list)


@dataclass
class Queries:
    """What a request asked the database."""

    seconds: float = 0.0
    asked: list[tuple[float, str, Any]] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Django's wrapper around one query."""
        began_at = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.perf_counter() - began_at
            self.seconds += took
            self.asked.append((took, sql, params))


def main() -> None:
    """Do what standard input asks for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 - only this process needs it

    django.setup()
    for line in sys.stdin:
        print(json.dumps(asdict(_page(Wanted(**json.loads(line))))), flush=True)


def _page(wanted: Wanted) -> Page:
    from django.db import connection  # noqa: PLC0415

    places = wanted.places
    clients = {username: _client(username) for username, _ in places}
    page = Page()
    for username, path in places:
        page.status = clients[username].get(path).status_code
    taken: list[tuple[float, Queries]] = []
    for username, path in islice(cycle(places), wanted.times):
        queries = Queries()
        began_at = time.perf_counter()
        with connection.execute_wrapper(queries):
            clients[username].get(path)
        taken.append((time.perf_counter() - began_at, queries))
    page.ms = 1000 * median(took for took, _ in taken)
    page.sql_ms = 1000 * median(queries.seconds for _, queries in taken)
    page.queries = len(taken[-1][1].asked)
    page.plans = _plans(taken[-1][1]) if wanted.explain else []
    return page


def _client(username: str) -> Any:
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(get_user_model().objects.get(username=username), "django.contrib.auth.backends.ModelBackend")
    return client


def _plans(queries: Queries) -> list[str]:
    from django.db import connection  # noqa: PLC0415

    plans = []
    for took, sql, params in sorted(queries.asked, key=lambda each: -each[0]):
        if not sql.startswith(("SELECT", "WITH")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY OFF) {sql}", params)
            plan = "\n".join(str(line) for (line,) in cursor.fetchall())
        plans.append(f"-- {1000 * took:.2f} ms\n{sql}\n{plan}")
    return plans


if __name__ == "__main__":
    main()
