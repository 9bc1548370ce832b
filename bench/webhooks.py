"""Acknowledged webhooks per second, verified, decrypted and durable, against a plain Django view with one INSERT."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from statistics import median

from bench.load import Load, flood, percentile
from bench.options import Options
from bench.pushes import apps, plain, words
from bench.table import Line, at_least, fact
from bench.world import Served, World, daphne, hire, number, uvicorn

CONNECTIONS = 32
MADE_PER_SECOND = 5_000  # pushes prepared for a server; when they are used up a pass ends early
CUSTOMERS = 2_000
SHOPS = 10
AIMS = {"Daphne": 5.0, "uvicorn": 10.0}
PLAIN = "bench.floor.plain:application"


@dataclass
class Server:
    """One that is measured, and what it gave so far."""

    served: Served
    requests: Iterator[bytes]
    cpu_seconds: float = 0.0
    passes: list[Load] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median of its passes."""
        return median(load.rate for load in self.passes)

    @property
    def cpu_ms(self) -> float:
        """What one answer costs it."""
        return 1000 * self.cpu_seconds / max(1, sum(load.statuses.total() for load in self.passes))

    def late(self, share: float) -> float:
        """A percentile of all its answers, in milliseconds."""
        return percentile((each for load in self.passes for each in load.latencies_ms), share)


def run(world: World, options: Options) -> list[Line]:
    """Four servers in turn, several times over; no worker runs meanwhile."""
    with ExitStack() as stack:
        product = stack.enter_context(world.product("web"))
        url, shops = product.database_url, apps(SHOPS)
        hire(product, shops, agents=0)
        gateway = stack.enter_context(
            world.serve(uvicorn("config.gateway:application"), env=product.environment(), ready="/healthz")
        )
        floors = [stack.enter_context(world.floor(each(PLAIN), database_url=url)) for each in (daphne, uvicorn)]
        made = int(options.seconds * MADE_PER_SECOND)
        pushes = iter(words(shops, 2 * made, customers=CUSTOMERS))
        web = Served(product.port, product.parts["web"])
        views = [Server(each, iter(list(islice(plain(), made)))) for each in floors]
        ours = [Server(web, islice(pushes, made)), Server(gateway, islice(pushes, made))]
        for server in (*views, *ours) * options.passes:
            _load(server, options.seconds / options.passes)
        stored = number(url, "SELECT count(*) FROM inbox_hook")
    return [*_lines(views, ours), _kept(ours, stored)]


def _load(server: Server, seconds: float) -> None:
    before = server.served.cpu_seconds()
    load = flood(server.served.port, server.requests, connections=CONNECTIONS, seconds=seconds)
    server.passes.append(asyncio.run(load))
    server.cpu_seconds += server.served.cpu_seconds() - before


def _lines(views: list[Server], ours: list[Server]) -> list[Line]:
    lines = []
    for (name, aim), view, mine in zip(AIMS.items(), views, ours, strict=True):
        late = [f"p50 {each.late(0.5):.0f}, p99 {each.late(0.99):.0f} ms" for each in (mine, view)]
        lines.append(at_least(f"webhooks acknowledged, {name}", mine.rate, view.rate, aim, note=f" ({late[0]})"))
        cost = f"{mine.cpu_ms:.2f} ms, the plain view {view.cpu_ms:.2f} ms (its {late[1]})"
        lines.append(fact("  of a processor, each", cost))
    return lines


def _kept(ours: list[Server], stored: int) -> Line:
    acknowledged = sum(load.statuses[200] for server in ours for load in server.passes)
    refused = sum(load.faults for server in ours for load in server.passes)
    assert stored >= acknowledged, f"{acknowledged} acknowledged, {stored} in the journal"
    return fact("acknowledged / in the journal / refused", f"{acknowledged:,} / {stored:,} / {refused:,}")
