"""The demo's runner: ready when all is there, gone when told to or when a part dies, nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.servers.keeper import stop_keeper
from config.servers.postgres import Postgres
from config.servers.valkey import Valkey
from tests.support.processes import Process, free_port, is_alive, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.timeout(180)]


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A place for a demo of its own, on the stores of the test run."""
    port = free_port()
    sandbox_port = next(free for free in iter(free_port, None) if free != port)
    yield {
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "DATA_DIR": str(tmp_path / "var"),
        "PUBLIC_URL": "",
    }
    for server in (Postgres(tmp_path / "var"), Valkey(tmp_path / "var")):
        stop_keeper(server.folder)


@pytest.fixture
def demo(env: dict[str, str], tmp_path: Path) -> Iterator[Process]:
    process = start(env, tmp_path)
    yield process
    process.kill()


def start(env: dict[str, str], tmp_path: Path) -> Process:
    process = Process([sys.executable, "-m", "tests.support.small_demo"], log=tmp_path / "demo.log", env=env)
    process.wait_for_line("is ready", within=60)
    process.wait_for_line("┘")
    return process


def children_of(pid: int) -> dict[str, int]:
    """The last word of each child's command, and its pid."""
    found = {}
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        words = Path(f"/proc/{child}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        found[words[-1].decode()] = child
    return found


def assert_gone(children: dict[str, int]) -> None:
    wait_until(lambda: not any(map(is_alive, children.values())), within=5, what="end of the parts")


def test_it_prints_addresses_and_logins_when_ready(demo: Process, env: dict[str, str]) -> None:
    said = demo.output()
    assert f"http://127.0.0.1:{env['PORT']}" in said
    assert f"http://127.0.0.1:{env['SANDBOX_PORT']}" in said
    assert "│ 李雷19  pass      agent" in said
    assert "ingest  | warning: here" in said
    assert "quiet" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(demo: Process, number: signal.Signals) -> None:
    children = children_of(demo.pid)
    assert len(children) == 3
    demo.send(number)
    assert demo.wait(within=15) == 0
    assert not any(map(is_alive, children.values()))


def test_a_part_that_dies_is_named_and_ends_the_rest(demo: Process, env: dict[str, str]) -> None:
    children = children_of(demo.pid)
    os.kill(children[env["PORT"]], signal.SIGKILL)
    assert demo.wait(within=15) == 1
    assert "web ended (exit code -9)" in demo.output()
    assert not any(map(is_alive, children.values()))


def test_a_part_that_does_not_stop_is_killed(env: dict[str, str], tmp_path: Path) -> None:
    demo = start({**env, "TOUGH": "1"}, tmp_path)
    children = children_of(demo.pid)
    demo.send(signal.SIGTERM)
    assert demo.wait(within=20) == 0
    assert not any(map(is_alive, children.values()))


def test_kill_9_of_the_runner_leaves_nothing(demo: Process) -> None:
    children = children_of(demo.pid)
    demo.send(signal.SIGKILL)
    demo.wait()
    assert_gone(children)


def test_a_taken_port_is_said_in_a_sentence(env: dict[str, str]) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(env["PORT"])))
        other.listen()
        run = [sys.executable, "-m", "config.demo"]
        done = subprocess.run(run, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {env['PORT']} is taken.")


def test_embedded_stores_stop_with_the_demo_and_outlive_their_keeper(env: dict[str, str], tmp_path: Path) -> None:
    demo = start({**env, "DATABASE_URL": "", "REDIS_URL": ""}, tmp_path)
    postgres, valkey = Postgres(tmp_path / "var"), Valkey(tmp_path / "var")
    url = postgres.folder.url()
    assert url
    os.kill(int(postgres.folder.keeper.read_text()), signal.SIGKILL)
    wait_until(lambda: not postgres.folder.is_kept(), within=5, what="end of the keeper")
    demo.wait_until(lambda: postgres.folder.is_kept() and postgres.folder.url(), within=30, what="new keeper")
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    demo.send(signal.SIGINT)
    assert demo.wait(within=30) == 0
    assert not postgres.folder.is_kept()
    assert not valkey.folder.is_kept()
