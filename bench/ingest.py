"""From the journal to the agents' pages: parse, store, round, place, publish, by one worker process."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

import psycopg
import redis

from bench.load import flood
from bench.options import Options
from bench.pushes import apps, plain, words
from bench.table import Line, at_least, fact
from bench.webhooks import CONNECTIONS, PLAIN
from bench.world import World, cpu_seconds, daphne, hire
from tests.support.product import Product

WORDS_PER_SECOND = 300  # put into the journal for each second asked for
WORDS_PER_CUSTOMER = 3
SHOPS, AGENTS = 10, 5
GIVE_UP_SECONDS = 120.0
AIM = 0.5
_MESSAGE = re.compile(rb'"message":(\d+)')


@dataclass
class Heard:
    """Message frames on the bus, and when the first and the last distinct one came."""

    url: str
    messages: set[bytes] = field(default_factory=set)
    times: list[float] = field(default_factory=list)

    def listen(self) -> None:
        """Until the connection ends; for a thread."""
        number = urlsplit(self.url).path.strip("/")
        with redis.Redis.from_url(self.url) as client, suppress(redis.ConnectionError):
            bus = client.pubsub()
            bus.subscribe(f"onequeue:{number}:frames")
            for message in bus.listen():
                if message["type"] == "message":
                    self._note(message["data"])

    def _note(self, data: bytes) -> None:
        found = _MESSAGE.search(data)
        if found and found[1] not in self.messages:
            self.messages.add(found[1])
            self.times.append(time.perf_counter())


def run(world: World, options: Options) -> list[Line]:
    """Fill the journal, then start the worker and watch it."""
    with world.product("web") as product:
        count = _fill(product, int(options.seconds * WORDS_PER_SECOND))
        with world.floor(daphne(PLAIN), database_url=product.database_url) as view:
            requests = iter(list(islice(plain(), int(options.seconds * 1000))))
            load = flood(view.port, requests, connections=CONNECTIONS, seconds=options.seconds)
            floor = asyncio.run(load)
        product.parts.pop("web").kill()
        heard = Heard(product.redis_url)
        threading.Thread(target=heard.listen, daemon=True).start()
        worker = product.start_worker()
        done, seconds = _watch(product, count)
        spent = cpu_seconds(worker)
        time.sleep(1.0)
    return _lines(count, done / seconds, heard, floor.rate, spent)


def _fill(product: Product, count: int) -> int:
    """Push words that nobody processes yet; how many were acknowledged."""
    shops = apps(SHOPS)
    hire(product, shops, agents=AGENTS)
    pushes = iter(words(shops, count, customers=count // WORDS_PER_CUSTOMER))
    load = asyncio.run(flood(product.port, pushes, connections=CONNECTIONS, seconds=GIVE_UP_SECONDS))
    return load.statuses[200]


def _watch(product: Product, count: int) -> tuple[int, float]:
    """How many were processed after the first look that found some, and in how many seconds."""
    seen: list[tuple[float, int]] = []
    ends_at = time.perf_counter() + GIVE_UP_SECONDS
    with psycopg.connect(product.database_url, autocommit=True) as database:
        while (not seen or seen[-1][1] < count) and time.perf_counter() < ends_at:
            row = database.execute("SELECT count(*) FROM inbox_hook WHERE state = 'done'").fetchone()
            if row and row[0]:
                seen.append((time.perf_counter(), int(row[0])))
            time.sleep(0.1)
    assert len(seen) > 1, product.parts["worker"].output()
    return seen[-1][1] - seen[0][1], seen[-1][0] - seen[0][0]


def _lines(count: int, stored: float, heard: Heard, floor: float, spent: float) -> list[Line]:
    times = heard.times
    shown = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
    note = f" (stored {stored:,.0f}/s)"
    return [
        at_least("ingested to visible, one worker", min(stored, shown), floor, AIM, note=note),
        fact("  of the worker's processor, each", f"{1000 * spent / count:.2f} ms, its start included"),
        fact("  words acknowledged / told to pages", f"{count:,} / {len(heard.messages):,}"),
    ]
