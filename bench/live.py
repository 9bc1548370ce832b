"""A busy hour: 50 words a second over 10 accounts of 5 agents, who answer meanwhile. How long until a word is on an
agent's socket, and a reply at the platform; against the least that brings a push to a socket.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.crowd import Agent
from bench.load import HOST, Load, Pool, percentile, post, request, steadily
from bench.options import Options
from bench.pushes import word
from bench.table import Line, at_most, fact, within
from bench.world import Served, World, cpu_seconds, hire, uvicorn
from platforms.sandbox.apps import App
from tests.support.product import Product

SHOPS, AGENTS = 10, 5
WORDS_PER_SECOND = 50.0
REPLIES_PER_SECOND = 10.0
CUSTOMERS = 50  # of each shop, who write
TALKS = 5  # conversations of each agent, which they answer
REPLIES_PER_TALK = 4  # the platform allows five
QUEUES = ("ingest", "deliver")
SETTLE_SECONDS = 3.0
CALM = {"REQUEUE_SILENT_AFTER_SECONDS": "3600", "REQUEUE_ANSWERED_AFTER_SECONDS": "3600"}
_MSG_ID = re.compile(r'"external_id":"(\d{9,})"')


@dataclass
class Watch:
    """When each word was pushed, when it came to sockets, and how long its push took."""

    pushed_at: dict[int, float] = field(default_factory=dict)
    late_ms: list[float] = field(default_factory=list)
    acks: Load = field(default_factory=Load)
    cost: str = ""

    def note(self, msg_id: int) -> None:
        """A socket has it."""
        began_at = self.pushed_at.get(msg_id)
        if began_at is not None:
            self.late_ms.append((time.perf_counter() - began_at) * 1000)

    async def push(self, pool: Pool, raw: bytes, msg_id: int) -> None:
        """Push one."""
        self.pushed_at[msg_id] = began_at = time.perf_counter()
        self.acks.note(await pool.ask(raw), began_at)


def run(world: World, options: Options) -> list[Line]:
    """The product, then its floor, both for three times as long as other figures."""
    seconds = max(10.0, 3 * options.seconds)
    with world.product("sandbox", "web", "beat", env=CALM) as product:
        for queue in QUEUES:  # a worker each, as the demo has them
            product.start_worker(queue, "-Q", queue)
        product.wait_until_ready()
        shops = [_register(product, n) for n in range(SHOPS)]
        agents = hire(product, shops, agents=AGENTS)
        watch, replies = asyncio.run(_busy(product, shops, agents, seconds))
        taken = _taken(product, shops)
    with world.database() as url:
        command = uvicorn("bench.floor.relay:application")
        with world.floor(command, database_url=url, ready="/") as relay:
            floor = asyncio.run(_relay(relay, seconds / 2))
    return [*_words_lines(watch, floor), *_replies_lines(replies, taken), fact("  processors used", watch.cost)]


def _register(product: Product, n: int) -> App:
    app_id = f"wxlive{n:04d}"
    made = product.twin.register(app_id, f"Shop {n}", f"{product.base_url}/hooks/mini_program/{app_id}/")
    return App(**{name: made[name] for name in App.__dataclass_fields__})


async def _busy(
    product: Product, shops: Sequence[App], agents: Sequence[Agent], seconds: float
) -> tuple[Watch, dict[str, float]]:
    """What was seen of the words, and when each reply (by its text) was pressed, in seconds of the clock."""
    watch, pool, pressed = Watch(), Pool(product.port), dict[str, float]()
    talks = await _talks(product, pool, shops, agents)
    async with AsyncExitStack() as stack:
        for agent in agents:
            headers = {"Authorization": f"Token {agent.token}"}
            url = f"ws://{HOST}:{product.port}/ws/inbox/"
            socket = await stack.enter_async_context(connect(url, additional_headers=headers, max_queue=None))
            stack.callback(asyncio.create_task(_listen(socket, watch)).cancel)
        pushes = _pushes(shops, int(seconds * WORDS_PER_SECOND))
        words = [partial(watch.push, pool, raw, msg_id) for msg_id, raw in pushes]
        sends = [
            partial(_reply, pool, agent, talk, n, pressed) for n, (agent, talk) in enumerate(talks * REPLIES_PER_TALK)
        ][: int(seconds * REPLIES_PER_SECOND)]
        before = {name: cpu_seconds(part) for name, part in product.parts.items()}
        await asyncio.gather(steadily(WORDS_PER_SECOND, words), steadily(REPLIES_PER_SECOND, sends))
        spent = {name: cpu_seconds(part) - before[name] for name, part in product.parts.items()}
        watch.cost = ", ".join(f"{name} {100 * each / seconds:.0f} %" for name, each in spent.items())
        await asyncio.sleep(SETTLE_SECONDS)
    return watch, pressed


def _pushes(shops: Sequence[App], count: int) -> list[tuple[int, bytes]]:
    first = time.time_ns() // 1000
    return [
        (first + n, word(shops[n % SHOPS], f"owriter{n // SHOPS % CUSTOMERS:04d}", msg_id=first + n))
        for n in range(count)
    ]


async def _talks(
    product: Product, pool: Pool, shops: Sequence[App], agents: Sequence[Agent]
) -> list[tuple[Agent, int]]:
    """Customers who write over the twin, each accepted by an agent."""
    count = AGENTS * TALKS
    for app in shops:
        plan = {"messages": count, "customers": count, "rate": 25, "prefix": "talk"}
        await asyncio.to_thread(product.twin.call, "POST", f"/apps/{app.app_id}/burst", json=plan)
    await asyncio.sleep(SETTLE_SECONDS)
    talks = []
    for _ in range(TALKS):
        for agent in agents:
            taken = await pool.json(post("/api/v1/conversations/accept-next/", {}, token=agent.token))
            talks.append((agent, taken["id"]))
    return talks


async def _reply(pool: Pool, agent: Agent, talk: int, n: int, pressed: dict[str, float]) -> None:
    text = f"reply {n}"
    pressed[text] = time.time()
    said = {"type": "text", "text": text, "client_id": f"bench-{n}"}
    await pool.json(post(f"/api/v1/conversations/{talk}/messages/", said, token=agent.token))


async def _listen(socket: ClientConnection, watch: Watch) -> None:
    async for frame in socket:
        text = str(frame)
        if text.startswith(('{"type":"queued"', '{"type":"changed"')):
            found = _MSG_ID.search(text)
            if found:
                watch.note(int(found[1]))
        elif '"ping"' in text[:20]:
            await socket.send('{"type":"pong"}')


async def _relay(relay: Served, seconds: float) -> Watch:
    """The same words through the floor, to one socket."""
    watch, pool = Watch(), Pool(relay.port)

    async def listen(socket: ClientConnection) -> None:
        async for frame in socket:
            watch.note(json.loads(frame)["MsgId"])

    async with connect(f"ws://{HOST}:{relay.port}/") as socket:
        listening = asyncio.create_task(listen(socket))
        words = [
            partial(watch.push, pool, request("POST", "/", body=json.dumps({"MsgId": n, "x": "x" * 400}).encode()), n)
            for n in range(int(seconds * WORDS_PER_SECOND))
        ]
        await steadily(WORDS_PER_SECOND, words)
        await asyncio.sleep(0.5)
        listening.cancel()
    return watch


def _taken(product: Product, shops: Sequence[App]) -> dict[str, float]:
    """When the twin took each reply, by its text."""
    found: dict[str, float] = {}
    for app in shops:
        path = f"/apps/{app.app_id}/messages?author=agent&limit=1000"
        messages: list[dict[str, Any]] = product.twin.call("GET", path)["messages"]
        taken = [message for message in messages if message["accepted"]]
        found |= {each["content"]["content"]: datetime.fromisoformat(each["at"]).timestamp() for each in taken}
    return found


def _words_lines(watch: Watch, floor: Watch) -> list[Line]:
    p50, p99 = percentile(watch.late_ms, 0.5), percentile(watch.late_ms, 0.99)
    floor_p99 = percentile(floor.late_ms, 0.99)
    acked = (
        f"p50 {percentile(watch.acks.latencies_ms, 0.5):.0f}, p99 {percentile(watch.acks.latencies_ms, 0.99):.0f} ms"
    )
    wanted = len(watch.pushed_at) * AGENTS
    return [
        at_most("push → agent's socket, p99", p99, floor_p99, 3.0, note=f" (p50 {p50:.0f})"),
        within("push → agent's socket, p99", p99, 250.0),
        fact("  pushes acknowledged at that load", f"{acked}, {watch.acks.faults} refused"),
        fact("  frames wanted / come", f"{wanted:,} / {len(watch.late_ms):,}"),
    ]


def _replies_lines(pressed: dict[str, float], taken: dict[str, float]) -> list[Line]:
    late = [1000 * (taken[text] - at) for text, at in pressed.items() if text in taken]
    p50, p99 = percentile(late, 0.5), percentile(late, 0.99)
    return [
        within("press send → platform called, p99", p99, 500.0, note=f" (p50 {p50:.0f})"),
        fact("  replies pressed / taken", f"{len(pressed):,} / {len(late):,}"),
    ]
