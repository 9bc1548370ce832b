"""The product under a supervisor, as systemd would run it: what ends is started again."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from config.servers.client import release
from config.servers.postgres import Postgres
from config.servers.valkey import Valkey
from tests.crash.victims import Victim, postgres, valkey
from tests.support.processes import wait_until
from tests.support.product import Product, own_servers

AGAIN_AFTER_SECONDS = 0.1  # systemd's RestartSec

# Everything that waits for a duration waits less long, so that a scenario is a matter of seconds.
SHORT = {
    "SEND_LEASE_SECONDS": "4",
    "SEND_DEADLINE_SECONDS": "3",
    "SEND_RETRY_FIRST_SECONDS": "0.3",
    "HOOK_LEFT_AFTER_SECONDS": "2",
    "SWEEP_EVERY_SECONDS": "1",
    "LIVENESS_EVERY_SECONDS": "1",
    "ROLLUP_EVERY_SECONDS": "1",
    "ACTIVE_FOR_SECONDS": "1",
    "SANDBOX_PUSH_TRIES": "10",
    "SANDBOX_PUSH_SPACING": "1",
    "LOG_LEVEL": os.environ.get("CRASH_LOG", "WARNING"),
}


@dataclass
class House(Product):
    """A product whose web, worker and beat come back when they end."""

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._start_again, name="supervisor")

    @property
    def postgres(self) -> Victim:
        """Its PostgreSQL; a keeper starts it again."""
        return postgres(self.folder)

    @property
    def valkey(self) -> Victim:
        """Its Valkey; likewise."""
        return valkey(self.folder)

    def start(self) -> None:
        """Everything, and from then on the supervisor."""
        super().start()
        self._watch.start()

    def stop(self) -> None:
        """The supervisor first: whom it has started ends with it."""
        self._ended.set()
        if self._watch.ident is not None:
            self._watch.join()
        super().stop()

    def kill(self, name: str) -> None:
        """kill -9 of a part, and wait until the supervisor has started another."""
        killed = self.parts[name]
        killed.send(signal.SIGKILL)
        wait_until(lambda: self.parts[name] is not killed, within=10, what=f"a new {name}")

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """What the database says, past the product; psycopg.OperationalError while it is away."""
        with psycopg.connect(self.database_url, row_factory=dict_row, connect_timeout=5) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def _start_again(self) -> None:
        starts = {"web": self.start_web, "worker": self.start_worker, "beat": self.start_beat}
        while not self._ended.wait(AGAIN_AFTER_SECONDS):
            for name, start in starts.items():
                if self.parts[name].exit_code is not None:
                    start()


@contextmanager
def running_house(folder: Path) -> Iterator[House]:
    """A house on servers of its own that keep what they promised, ready; all gone at the end."""
    house = House(folder, *own_servers(folder), SHORT)
    try:
        house.start()
        yield house
    finally:
        house.stop()
        for server in (Postgres(folder), Valkey(folder)):
            release(server)
