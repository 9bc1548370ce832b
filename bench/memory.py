"""What one more connected agent costs the web process, against a bare Channels consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.asyncio.client import connect

from bench.load import HOST
from bench.options import Options
from bench.pushes import apps
from bench.table import Line, at_most
from bench.world import World, daphne, hire
from tests.support.processes import Process

SHOPS, AGENTS = 10, 5
FIRST, SOCKETS = 50, 450  # those that warm up, and those that are counted
AT_ONCE = 10
SETTLE_SECONDS = 2.0
AIM = 1.5


def run(world: World, _options: Options) -> list[Line]:
    """Both on Daphne."""
    with world.product("web") as product:
        tokens = [agent.token for agent in hire(product, apps(SHOPS), agents=AGENTS)]
        url = f"ws://{HOST}:{product.port}/ws/inbox/"
        ours = asyncio.run(_cost(product.parts["web"], url, tokens))
        with world.floor(
            daphne("bench.floor.socket:application"), database_url=product.database_url, ready="/"
        ) as bare:
            floor = asyncio.run(_cost(bare.process, f"ws://{HOST}:{bare.port}/", [""]))
    return [at_most(f"memory per connected agent, of {SOCKETS}", ours, floor, AIM, unit=" KB")]


async def _cost(process: Process, url: str, tokens: Sequence[str]) -> float:
    """Kilobytes for each socket after the first ones."""
    async with AsyncExitStack() as stack:
        turn = asyncio.Semaphore(AT_ONCE)

        async def open_one(n: int) -> None:
            async with turn:
                headers = {"Authorization": f"Token {tokens[n % len(tokens)]}"}
                socket = await stack.enter_async_context(connect(url, additional_headers=headers, ping_interval=None))
                if tokens[0]:
                    await socket.recv()

        await asyncio.gather(*(open_one(n) for n in range(FIRST)))
        await asyncio.sleep(SETTLE_SECONDS)
        before = resident_kb(process)
        await asyncio.gather(*(open_one(n) for n in range(SOCKETS)))
        await asyncio.sleep(SETTLE_SECONDS)
        return (resident_kb(process) - before) / SOCKETS


def resident_kb(process: Process) -> float:
    """Memory that only this process has."""
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("Private_"))
