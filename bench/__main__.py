"""`python -m bench [name …]`: measure; --help says what there is."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

from bench.options import Options
from bench.table import Line, table
from bench.world import World, world

BENCHMARKS = {
    "webhooks": "bench.webhooks",
    "ingest": "bench.ingest",
    "live": "bench.live",
    "accept": "bench.rivals",
    "growth": "bench.growth",
    "memory": "bench.memory",
    "demo": "bench.demo",
}
Benchmark = Callable[[World, Options], list[Line]]


def main() -> int:
    """Run what was asked for; 0 also when an aim was missed."""
    given = _parse()
    options = Options(
        seconds=given.seconds,
        rows=given.rows,
        rounds=given.rounds,
        explain=given.explain,
    )
    machine = f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    say(f"{machine}, {datetime.now(UTC):%F %R} UTC")
    lines: list[Line] = []
    with world() as here:
        for name in given.names or BENCHMARKS:
            lines += _one(name, here, options)
    print(json.dumps([line.as_json() for line in lines], ensure_ascii=False) if given.json else table(lines))
    return 0


def say(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


def _one(name: str, here: World, options: Options) -> list[Line]:
    began_at = time.monotonic()
    run: Benchmark = import_module(BENCHMARKS[name]).run
    busy = os.getloadavg()[0]
    found = run(here, options)
    say(f"\n{name}: {time.monotonic() - began_at:.0f} s, load before it {busy:.1f}\n{table(found)}")
    return found


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--seconds", type=float, default=5.0, help="of load for each figure (%(default)s)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="conversations in the great database (%(default)s)")
    parser.add_argument("--rounds", type=int, default=1_000_000, help="rounds in it, at least as many (%(default)s)")
    parser.add_argument("--explain", action="store_true", help="print the plans of the queries of a page that grows")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    given = parser.parse_args()
    unknown = set(given.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    sys.exit(main())
