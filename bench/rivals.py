"""Fifty agents press "accept" at the same moment, conversation after conversation, through HTTP."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Sequence

from bench.crowd import Agent
from bench.load import Answer, Connection, flood, request
from bench.options import Options
from bench.pushes import apps
from bench.rows import QUEUED, fill
from bench.table import Line, at_least, fact
from bench.webhooks import PLAIN
from bench.world import World, cpu_seconds, daphne, hire, rows

RIVALS = 50
AIM = 0.5
LIVE_AND_MORE = 1_000


def run(world: World, options: Options) -> list[Line]:
    """One after the other; every conversation must have exactly one winner."""
    with world.product("web") as product, world.floor(daphne(PLAIN), database_url=product.database_url) as view:
        agents = hire(product, apps(1), agents=RIVALS)
        fill(product.database_url, conversations=LIVE_AND_MORE)
        queued = [int(str(pk)) for (pk,) in rows(product.database_url, _QUEUED)]
        empty = itertools.repeat(request("GET", "/empty/"))
        floor = asyncio.run(flood(view.port, empty, connections=RIVALS, seconds=options.seconds))
        asyncio.run(_race(product.port, agents, queued[:1], 0.0))  # whatever is loaded with the first requests
        before = cpu_seconds(product.parts["web"])
        answers, seconds = asyncio.run(_race(product.port, agents, queued[1:], options.seconds))
        spent = cpu_seconds(product.parts["web"]) - before
    statuses = Counter(answer.status for found in answers for answer in found)
    winners = [sum(answer.status == 200 for answer in found) for found in answers]
    assert set(winners) == {1}, f"winners per conversation: {Counter(winners)}"
    wins = f" ({len(winners) / seconds:.1f} conversations/s)"
    return [
        at_least("accepts decided under 50 rivals", statuses.total() / seconds, floor.rate, AIM, note=wins),
        fact("  of the web's processor, each", f"{1000 * spent / statuses.total():.2f} ms"),
        fact("  conversations, each with one winner", f"{len(winners)} of {QUEUED}; answers {dict(statuses)}"),
    ]


_QUEUED = "SELECT id FROM inbox_conversation WHERE status = 'queued' ORDER BY urgent_at"


async def _race(
    port: int, agents: Sequence[Agent], conversations: Sequence[int], seconds: float
) -> tuple[list[list[Answer]], float]:
    """What everybody was answered, conversation by conversation, and how long it took."""
    connections = [Connection(port) for _ in agents]
    answers: list[list[Answer]] = []
    await asyncio.gather(*(each.ask(request("GET", "/healthz")) for each in connections))
    began_at = time.perf_counter()
    for pk in conversations:
        asked = [request("POST", f"/api/v1/conversations/{pk}/accept/", token=agent.token) for agent in agents]
        answers.append(await asyncio.gather(*(each.ask(raw) for each, raw in zip(connections, asked, strict=True))))
        if time.perf_counter() - began_at > seconds:
            break
    took = time.perf_counter() - began_at
    for each in connections:
        each.close()
    return answers, took
