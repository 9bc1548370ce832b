"""`make demo`, from pressing Enter until it says that it is ready."""

from __future__ import annotations

import os
import signal
import time

from bench.options import Options
from bench.table import Line, fact, within
from bench.world import World
from tests.support.processes import BASE_DIR, Process, answers, free_port

AIM_SECONDS = 10.0
READY_SECONDS = 180.0
STOP_SECONDS = 60.0


def run(world: World, _options: Options) -> list[Line]:
    """A first start, with data to be made, and a second one; the environment is installed already."""
    first, second = _start(world), _start(world)
    return [
        within("make demo, second start", second, AIM_SECONDS, unit=" s"),
        fact("  first start, installed already", f"{first:.1f} s"),
    ]


def _start(world: World) -> float:
    port = free_port()
    env = {"DATA_DIR": str(world.folder / "demo"), "PORT": str(port), "SANDBOX_PORT": str(free_port())}
    began_at = time.perf_counter()
    demo = Process(["make", "demo"], log=world.folder / f"demo-{port}.log", env=env, cwd=BASE_DIR)
    try:
        demo.wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), within=READY_SECONDS, what="readiness")
        took = time.perf_counter() - began_at
        demo.wait_for_line(f":{port}", within=READY_SECONDS)
    finally:
        os.killpg(demo.pid, signal.SIGINT)  # as Ctrl-C does: make and what it runs
        demo.wait(within=STOP_SECONDS)
    return took
