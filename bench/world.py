"""Servers of the run's own, and what is started on them: the product by its production commands, and the floors."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import redis

from bench.crowd import Agent, Plan
from bench.floor import TABLE
from config.servers import ensure_database, ensure_redis
from config.servers.client import release
from config.servers.postgres import Postgres
from config.servers.valkey import Valkey
from platforms.sandbox.apps import App
from tests.support.processes import BASE_DIR, Process, free_port
from tests.support.product import Product

READY_SECONDS = 60.0
QUIET = {"LOG_LEVEL": "WARNING", "LOG_PLAIN": "1", "SANDBOX_PUSH_TIMEOUT": "30"}
REDIS_NUMBERS = 16
DROP_TRIES = 30
_numbers = itertools.count()


@dataclasses.dataclass(frozen=True, slots=True)
class Served:
    """A server and its process."""

    port: int
    process: Process

    def cpu_seconds(self) -> float:
        """Used so far."""
        return cpu_seconds(self.process)


@dataclasses.dataclass
class World:
    """One run's folder, PostgreSQL and Valkey."""

    folder: Path
    server_url: str
    redis_url: str
    _template: str = ""

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a migrated database, dropped at the end."""
        name = f"bench_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self._migrated()}")
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    @contextmanager
    def product(self, *parts: str, env: Mapping[str, str] | None = None) -> Iterator[Product]:
        """A product of its own with these parts (sandbox, web, worker, beat) running."""
        with self.database() as url, self.on(url, *parts, env=env) as product:
            yield product

    @contextmanager
    def on(self, database_url: str, *parts: str, env: Mapping[str, str] | None = None) -> Iterator[Product]:
        """The same over a database that is there."""
        product = Product(self._place(), database_url, self.bus(), {**QUIET, **(env or {})})
        (product.folder / "static").mkdir(parents=True)
        try:
            for part in parts:
                getattr(product, f"start_{part}")()
            if "web" in parts:
                ready = "readyz" if {"worker", "beat"} <= set(parts) else "healthz"
                wait_for(product.parts["web"], product.port, f"/{ready}")
            if "sandbox" in parts:
                wait_for(product.parts["sandbox"], product.sandbox_port, "/healthz")
            yield product
        finally:
            product.stop()

    @contextmanager
    def floor(self, command: Sequence[str], *, database_url: str, ready: str = "/empty/") -> Iterator[Served]:
        """One of the floors."""
        env = {"DATABASE_URL": database_url, "REDIS_URL": self.redis_url}
        with self.serve(command, env=env, ready=ready) as served:
            yield served

    @contextmanager
    def serve(self, command: Sequence[str], *, env: Mapping[str, str], ready: str) -> Iterator[Served]:
        """A server that answers at `ready`; `{port}` in the command is its port."""
        port, place = free_port(), self._place()
        place.mkdir()
        arguments = [word.format(port=port) for word in command]
        process = Process([sys.executable, "-m", *arguments], log=place / "log", env=env)
        try:
            wait_for(process, port, ready)
            yield Served(port, process)
        finally:
            process.kill()

    def bus(self) -> str:
        """An emptied number of the Valkey; 0 is the floors'."""
        url = urlunsplit(urlsplit(self.redis_url)._replace(path=f"/{1 + next(_numbers) % (REDIS_NUMBERS - 1)}"))
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url

    def _place(self) -> Path:
        return self.folder / f"place{next(_numbers)}"

    def _migrated(self) -> str:
        if not self._template:
            self._template = "bench_template"
            self._run(f"CREATE DATABASE {self._template}")
            product = Product(self.folder, self._url(self._template), self.redis_url, QUIET)
            product.manage("migrate", "--verbosity", "0")
            with psycopg.connect(self._url(self._template), autocommit=True) as database:
                database.execute(TABLE)
        return self._template

    def _drop(self, name: str) -> None:
        """Autovacuum may be at it, and is not ours to end."""
        for _ in range(DROP_TRIES):
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                self._run(f"DROP DATABASE {name} WITH (FORCE)")
                return
            time.sleep(1.0)

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.server_url)._replace(path=f"/{name}"))

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as server:
            server.execute(statement.encode())


@contextmanager
def world() -> Iterator[World]:
    """Durable servers in a folder of their own; nothing is left at the end."""
    folder = Path(tempfile.mkdtemp(prefix="onequeue-bench-"))
    try:
        yield World(folder, ensure_database(folder), ensure_redis(folder))
    finally:
        for server in (Postgres(folder), Valkey(folder)):
            with contextlib.suppress(OSError):
                release(server)
        shutil.rmtree(folder, ignore_errors=True)


def hire(product: Product, apps: Sequence[App], *, agents: int = 5, supervisor: bool = False) -> list[Agent]:
    """Connect the apps and have people work on them."""
    plan = Plan(apps=[app.as_json() for app in apps], agents=agents, supervisor=supervisor)
    done = subprocess.run(
        [sys.executable, "-m", "bench.crowd"],
        cwd=BASE_DIR,
        env={**os.environ, **product.environment()},
        input=json.dumps(dataclasses.asdict(plan)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Agent(**each) for each in json.loads(done.stdout)]


def wait_for(process: Process, port: int, path: str) -> None:
    """Until it answers; any answer but 503 will do."""
    process.wait_until(lambda: _answers(port, path), within=READY_SECONDS, what=path)


def _answers(port: int, path: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code != 503
    except httpx.TransportError:
        return False


def rows(database_url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """What it returns."""
    with psycopg.connect(database_url, autocommit=True) as database:
        return database.execute(statement.encode(), values).fetchall()


def number(database_url: str, statement: str, *values: object) -> int:
    """The one number it returns."""
    ((found,),) = rows(database_url, statement, *values)
    return int(str(found))


def daphne(application: str) -> list[str]:
    """The command that serves it, as in production."""
    return ["daphne", "-v", "0", "-b", "127.0.0.1", "-p", "{port}", application]


def uvicorn(application: str) -> list[str]:
    """The same on uvicorn, one process."""
    return ["uvicorn", application, "--log-level", "warning", "--no-access-log", "--port", "{port}"]


def cpu_seconds(process: Process) -> float:
    """Used so far by a process, its threads included, its children not."""
    words = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
