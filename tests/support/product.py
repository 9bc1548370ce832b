"""The whole product for a test, by the commands of production: web, worker, beat, and the platforms' twin.

Each product has a database of its own on the run's PostgreSQL and a number of its own on its Valkey; a test that kills
servers gives it servers of its own (`own_servers`).
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from config.servers import ensure_database, ensure_redis
from tests.support.processes import BASE_DIR, Process, answers, free_port, wait_until
from tests.support.shop import Shop, Twin

READY_SECONDS = 90.0
PLATFORM_HOSTS = ("WECHAT_API_BASE", "WECOM_API_BASE", "DOUYIN_API_BASE", "DOUDIAN_API_BASE")
PASSWORD = "correct-horse-9"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in."""

    id: int
    username: str
    name: str
    token: str
    password: str = PASSWORD


@dataclass
class Product:
    """Running processes and how to reach them. `env` is added to what every part gets."""

    folder: Path
    database_url: str
    redis_url: str
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)
    parts: dict[str, Process] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """Where agents go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """Where the platform and its phones are."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def twin(self) -> Twin:
        """The platform's control API."""
        return Twin(self.sandbox_url)

    def environment(self) -> dict[str, str]:
        """Of every part."""
        return {
            **dict.fromkeys(PLATFORM_HOSTS, self.sandbox_url),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "PUBLIC_URL": self.base_url,
            "SANDBOX_URL": self.sandbox_url,
            "SANDBOX_DIR": str(self.folder / "sandbox"),
            **self.env,
        }

    def start(self) -> None:
        """Migrate, start everything, and wait until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start_sandbox()
        self.manage("migrate", "--verbosity", "0")
        self.start_web()
        self.start_worker()
        self.start_beat()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until /readyz says so: database, bus and worker."""
        web, ready = self.parts["web"], f"{self.base_url}/readyz"
        web.wait_until(lambda: answers(ready), within=READY_SECONDS, what="readiness")
        wait_until(lambda: answers(f"{self.sandbox_url}/healthz"), within=READY_SECONDS, what="sandbox")

    def start_sandbox(self) -> Process:
        """The platforms' twin."""
        app = ["-m", "uvicorn", "platforms.sandbox.app:app", "--log-level", "warning", "--no-access-log"]
        return self.run("sandbox", [*app, "--port", str(self.sandbox_port)])

    def start_web(self) -> Process:
        """Daphne."""
        address = ["-b", "127.0.0.1", "-p", str(self.port)]
        return self.run("web", ["-m", "daphne", "-v", "0", *address, "config.asgi:application"])

    def start_worker(self, name: str = "worker", *options: str) -> Process:
        """A Celery worker of all queues, unless `options` say otherwise."""
        return self.run(name, ["-m", "celery", "-A", "config", "worker", "-n", f"{name}@%h", *options])

    def start_beat(self) -> Process:
        """The beat."""
        return self.run("beat", ["-m", "celery", "-A", "config", "beat"])

    def run(self, name: str, arguments: list[str]) -> Process:
        """Start (again) a part under `name`; its log is `<name>.log`."""
        log = self.folder / f"{name}.log"
        self.parts[name] = Process([sys.executable, *arguments], log=log, env=self.environment())
        return self.parts[name]

    def stop(self) -> None:
        """Kill what still runs, what lets work in first."""
        for name in sorted(self.parts, key=lambda name: name != "web"):
            self.parts[name].kill()

    def manage(self, *arguments: str) -> str:
        """What a management command says; AssertionError with its words if it fails."""
        command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        env = {**os.environ, **self.environment()}
        done = subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def _json(self, *arguments: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.manage(*arguments, "--json"))
        return answer

    def open_shop(self, key: str, name: str = "全球婚纱摄影", **settings: str) -> Shop:
        """A mini-program at the twin, connected to the product; open all day unless `settings` say otherwise."""
        app = self.twin.register(f"wx{uuid.uuid4().hex[:16]}", name, f"{self.base_url}/hooks/mini_program/{key}/")
        names = ("app_id", "app_secret", "token", "encoding_aes_key", "original_id")
        secrets = [part for each in names for part in ("--secret", f"{each}={app[each]}")]
        wanted = {
            "service_hours": "00:00-24:00",
            "push_mode": app["push_mode"],
            "push_format": app["push_format"],
            **settings,
        }
        options = [part for item in wanted.items() for part in ("--set", "=".join(item))]
        self._json("account", "create", "--platform", "mini_program", "--key", key, "--name", name, *secrets, *options)
        return Shop(self.twin, app["app_id"], key, name)

    def hire(
        self, username: str, *, name: str = "", role: str = "agent", accounts: str = "", capacity: int = 8
    ) -> Person:
        """A user of these accounts (keys, comma-separated) with PASSWORD."""
        who = ["--username", username, "--password", PASSWORD, "--role", role, "--real-name", name or username]
        made = self._json("user", "create", *who, "--accounts", accounts, "--capacity", str(capacity))
        return Person(made["id"], made["username"], name or username, made["token"])


@contextmanager
def running_product(folder: Path, *, env: Mapping[str, str] | None = None) -> Iterator[Product]:
    """A product over the run's servers, ready; gone with its database at the end."""
    with fresh_database(os.environ["DATABASE_URL"]) as database_url:
        product = Product(folder, database_url, fresh_redis(os.environ["REDIS_URL"]), env or {})
        try:
            product.start()
            yield product
        finally:
            product.stop()


def own_servers(folder: Path) -> tuple[str, str]:
    """URLs of a PostgreSQL and a Valkey that nobody else uses, for tests that kill them."""
    return ensure_database(folder), ensure_redis(folder)


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The URL of an empty database beside the one of `server_url`, dropped at the end."""
    name = f"product_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def fresh_redis(server_url: str) -> str:
    """The URL of an emptied number of the same server; number 0 is the tests' own."""
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{1 + next(_numbers) % 15}"))
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
