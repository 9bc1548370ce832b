"""What an agent and a supervisor look at, over a little history and over a long one with as much live work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from subprocess import PIPE
from urllib.parse import quote

from bench.crowd import Agent
from bench.options import Options
from bench.probe import Page, Wanted
from bench.pushes import apps
from bench.rows import ASSIGNED, QUEUED, fill
from bench.table import Line, at_most, fact
from bench.world import World, hire, rows
from tests.support.processes import BASE_DIR
from tests.support.product import Product

LITTLE = 10_000
SHOPS, AGENTS = 10, 5
TIMES = 10  # each page in a pass
PASSES = 3
PEOPLE = 10  # who take turns
AIM = 1.3
API = "/api/v1/conversations/"

Places = dict[str, list[tuple[str, str]]]


def run(world: World, options: Options) -> list[Line]:
    """Fill two databases; ask both for each page in turn, several times over, and keep the best of each."""
    with _filled(world, LITTLE, LITTLE) as little, _filled(world, options.rows, options.rounds) as great:
        lines = [_line(name, _best(great, name), _best(little, name)) for name in _compared(little, great)]
        if options.explain:
            print("\n\n".join(great.plans(name) for name in great.places))
    title = f"  closed but {QUEUED} queued, {ASSIGNED} assigned"
    counts = f"{options.rows:,} conversations, {max(options.rows, options.rounds):,} rounds; floor {LITTLE:,} of both"
    return [fact(title, counts), *lines]


@dataclass
class Book:
    """A filled database, the pages to look at and what they took."""

    places: Places
    probe: subprocess.Popen[str]
    found: dict[str, list[Page]] = field(default_factory=dict)

    def look(self, name: str, *, times: int = TIMES, explain: bool = False) -> Page:
        """One page, several times."""
        assert self.probe.stdin is not None
        assert self.probe.stdout is not None
        self.probe.stdin.write(json.dumps(asdict(Wanted(self.places[name], times, explain))) + "\n")
        self.probe.stdin.flush()
        answer = self.probe.stdout.readline()
        assert answer, f"the probe ended at {name}"
        page = Page(**json.loads(answer))
        self.found.setdefault(name, []).append(page)
        return page

    def plans(self, name: str) -> str:
        """Of the page's queries."""
        return f"== {name}\n" + "\n\n".join(self.look(name, times=1, explain=True).plans)


@contextmanager
def _filled(world: World, conversations: int, rounds: int) -> Iterator[Book]:
    with world.product() as product:
        people = hire(product, apps(SHOPS), agents=AGENTS, supervisor=True)
        fill(product.database_url, conversations=conversations, rounds=rounds)
        agents = [each for each in people if each.account][:: AGENTS * SHOPS // PEOPLE]
        places = {**_agents_pages(product, agents), **_supervisors_pages(agents)}
        command = [sys.executable, "-m", "bench.probe"]
        env = {**os.environ, **product.environment()}
        with subprocess.Popen(command, cwd=BASE_DIR, env=env, text=True, stdin=PIPE, stdout=PIPE) as probe:
            try:
                yield Book(places, probe)
            finally:
                probe.kill()


def _compared(little: Book, great: Book) -> list[str]:
    for name in little.places:
        for _ in range(PASSES):
            little.look(name)
            great.look(name)
    return list(little.places)


def _best(book: Book, name: str) -> Page:
    return min(book.found[name], key=lambda page: page.ms)


def _agents_pages(product: Product, agents: Sequence[Agent]) -> Places:
    def each(path: str) -> list[tuple[str, str]]:
        return [(agent.username, path.format(live=live, old=old)) for agent, live, old in owned]

    owned = [(agent, _one(product, _LIVE, agent.id), _one(product, _OLD, agent.id)) for agent in agents]
    return {
        "list: queue": each(API + "?status=queued"),
        "list: mine": each(API + "?mine=1"),
        "list: closed": each(API + "?status=closed"),
        "conversation": each(API + "{live}/"),
        "conversation, closed": each(API + "{old}/"),
        "messages": each(API + "{live}/messages/"),
        "page: inbox": each("/"),
        "page: conversation": each("/conversations/{live}/"),
        "page: refetch of the list": each("/conversations/live/"),
        "page: ended": each("/conversations/ended/"),
    }


def _supervisors_pages(agents: Sequence[Agent]) -> Places:
    day_ago = quote((datetime.now(UTC) - timedelta(days=1)).isoformat())
    chief = "chief"
    return {
        "supervisor's list: closed": [(chief, API + "?status=closed")],
        "dashboard": [(chief, "/dashboard/")],
        "dashboard now": [(chief, "/dashboard/now/")],
        "summary of 24 hours": [(chief, f"/api/v1/metrics/summary/?from={day_ago}")],
        "summary of an agent": [
            (chief, f"/api/v1/metrics/summary/?from={day_ago}&agent={agent.username}") for agent in agents
        ],
        "rounds, newest first": [(chief, "/api/v1/metrics/rounds/")],
    }


_LIVE = "SELECT min(id) FROM inbox_conversation WHERE assignee_id = %s"
_OLD = """
SELECT id FROM inbox_conversation WHERE status = 'closed' AND last_assignee_id = %s
ORDER BY closed_at DESC OFFSET 40 LIMIT 1
"""


def _one(product: Product, statement: str, agent: int) -> object:
    return rows(product.database_url, statement, agent)[0][0]


def _line(name: str, great: Page, little: Page) -> Line:
    if great.status != 200:
        return fact(name, f"answered {great.status}")
    note = f" ({great.queries} queries {great.sql_ms:.1f} ms; floor {little.queries}, {little.sql_ms:.1f})"
    return at_most(name, great.ms, little.ms, AIM, note=note)
