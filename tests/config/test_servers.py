"""The embedded servers come up after whatever happened, once, and leave when nobody is there."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.servers import ServerError, ensure_database, ensure_redis
from config.servers.account import OWN_UID, Account
from config.servers.client import release
from config.servers.keeper import stop_keeper
from config.servers.leftovers import works_in
from config.servers.postgres import Postgres
from config.servers.server import Server
from config.servers.valkey import Valkey
from tests.support.processes import Process, is_alive, running, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.timeout(180)]

USER = """
import signal, sys; from pathlib import Path; from config import servers
print("url", getattr(servers, sys.argv[1])(Path(sys.argv[2]), fast=True), flush=True); signal.pause()
"""


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A DATA_DIR whose servers stop half a second after their last user."""
    monkeypatch.setenv("SERVERS_LINGER_SECONDS", "0.5")
    folder = tmp_path / "var"
    yield folder
    for server in (Postgres(folder), Valkey(folder)):
        release(server)
        stop_keeper(server.folder)


def user(ensure: str, data_dir: Path, log: Path) -> Process:
    return Process([sys.executable, "-c", USER, ensure, str(data_dir)], log=log)


def pid_of(server: Server) -> int:
    return int((server.folder.data / server.pid_file).read_text().split()[0])


def keeper_of(server: Server) -> int:
    return int(server.folder.keeper.read_text())


def kill_9(pid: int) -> None:
    """Kill and wait for the end, which comes a moment later."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), within=5, what=f"end of process {pid}")


def is_stopped(server: Server) -> bool:
    return not server.folder.is_kept() and not (server.folder.data / server.pid_file).exists()


def servers_in(data: Path) -> list[int]:
    """The processes that work in `data` and are no child of one that does."""
    inside = {int(path.name) for path in Path("/proc").glob("[0-9]*") if works_in(int(path.name), data)}
    parent = {pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in inside}
    return [pid for pid in inside if parent[pid] not in inside]


def run_sql(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, connect_timeout=5) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def rows_after_crash(url: str) -> list[tuple[object, ...]]:
    try:
        return run_sql(url, "SELECT n FROM kept")
    except psycopg.OperationalError:
        return []


@pytest.mark.parametrize(("make", "ensure"), [(Postgres, "ensure_database"), (Valkey, "ensure_redis")])
def test_many_at_once_get_one_server(make: type[Server], ensure: str, data_dir: Path, tmp_path: Path) -> None:
    users = [user(ensure, data_dir, tmp_path / f"user{n}.log") for n in range(6)]
    urls = {one.wait_for_line("url", within=60) for one in users}
    assert len(urls) == 1
    assert servers_in(make(data_dir).folder.data) == [pid_of(make(data_dir))]
    for one in users:
        one.kill()


def test_server_stops_when_its_last_user_is_killed(data_dir: Path, tmp_path: Path) -> None:
    server = Postgres(data_dir)
    with running([sys.executable, "-c", USER, "ensure_database", str(data_dir)], log=tmp_path / "log") as only:
        only.wait_for_line("url", within=60)
        postgres, keeper = pid_of(server), keeper_of(server)
        only.kill()
        wait_until(lambda: is_stopped(server), within=15, what="end of the server")
    assert not is_alive(postgres)
    wait_until(lambda: not is_alive(keeper), within=5, what="end of the keeper")


def test_server_stays_while_one_user_is_left(data_dir: Path, tmp_path: Path) -> None:
    first, second = (user("ensure_redis", data_dir, tmp_path / name) for name in ("first", "second"))
    url = first.wait_for_line("url", within=60).split()[1]
    second.wait_for_line("url", within=60)
    first.kill()
    deadline = time.monotonic() + 3  # six times as long as a keeper lingers
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            assert client.ping()
    second.kill()


def test_database_survives_kill_9_of_postgres(data_dir: Path) -> None:
    url = ensure_database(data_dir)
    run_sql(url, "CREATE TABLE kept AS SELECT 7 AS n")
    killed = pid_of(Postgres(data_dir))
    kill_9(killed)
    assert wait_until(lambda: rows_after_crash(url), within=30, what="answer") == [(7,)]
    assert pid_of(Postgres(data_dir)) != killed


def test_broker_survives_kill_9_of_valkey(data_dir: Path) -> None:
    url = ensure_redis(data_dir)
    with redis.Redis.from_url(url) as client:
        client.lpush("queue", "task")
    os.kill(pid_of(Valkey(data_dir)), signal.SIGKILL)
    wait_until(lambda: not Valkey(data_dir).folder.url(), within=5, what="notice")
    assert ensure_redis(data_dir) == url
    with redis.Redis.from_url(url) as client:
        assert client.lrange("queue", 0, -1) == [b"task"]


@pytest.mark.parametrize(("make", "ensure"), [(Postgres, ensure_database), (Valkey, ensure_redis)])
def test_after_kill_9_of_the_keeper_the_next_user_gets_a_server(
    make: type[Server], ensure: Callable[[Path], str], data_dir: Path
) -> None:
    ensure(data_dir)
    server = make(data_dir)
    orphan = pid_of(server)
    kill_9(keeper_of(server))
    ensure(data_dir)
    assert servers_in(server.folder.data) == [pid_of(server)]
    assert pid_of(server) != orphan


def test_data_is_there_after_kill_9_of_everything(data_dir: Path) -> None:
    run_sql(ensure_database(data_dir), "CREATE TABLE kept AS SELECT 7 AS n")
    server = Postgres(data_dir)
    for pid in (keeper_of(server), pid_of(server)):
        kill_9(pid)
    assert run_sql(ensure_database(data_dir), "SELECT n FROM kept") == [(7,)]


def test_broker_starts_anew_when_its_data_is_spoilt(data_dir: Path) -> None:
    ensure_redis(data_dir)
    folder = Valkey(data_dir).folder
    stop_keeper(folder)
    (spoilt,) = folder.data.glob("appendonlydir/*.manifest")
    spoilt.write_text("nonsense\n")
    with redis.Redis.from_url(ensure_redis(data_dir)) as client:
        assert client.ping()
    assert (folder.path / "data.broken/appendonlydir" / spoilt.name).read_text() == "nonsense\n"


def test_pid_file_that_names_a_stranger_is_not_believed(data_dir: Path) -> None:
    ensure_database(data_dir)
    server = Postgres(data_dir)
    stop_keeper(server.folder)
    for name in (server.folder.data / server.pid_file, server.folder.keeper):
        name.write_text(f"{os.getpid()}\n")
    assert run_sql(ensure_database(data_dir), "SELECT 1") == [(1,)]
    assert pid_of(server) != os.getpid()


def test_server_moves_when_its_port_was_taken_meanwhile(data_dir: Path) -> None:
    ensure_redis(data_dir)
    folder = Valkey(data_dir).folder
    stop_keeper(folder)
    port = int((folder.path / "port").read_text())
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        url = ensure_redis(data_dir)
    assert f":{port}/" not in url
    with redis.Redis.from_url(url) as client:
        assert client.ping()


def test_keeper_leaves_when_its_folder_is_removed(data_dir: Path) -> None:
    ensure_redis(data_dir)
    keeper, server = keeper_of(Valkey(data_dir)), pid_of(Valkey(data_dir))
    subprocess.run(["rm", "-r", str(data_dir)], check=True)
    wait_until(lambda: not is_alive(keeper), within=15, what="end of the keeper")
    assert not is_alive(server)
    with redis.Redis.from_url(ensure_redis(data_dir)) as client:
        assert client.ping()


def test_everything_is_private(data_dir: Path) -> None:
    ensure_database(data_dir, fast=True)
    ensure_redis(data_dir, fast=True)
    open_to_others = [path for path in (data_dir, *data_dir.rglob("*")) if path.stat().st_mode & 0o077]
    assert open_to_others == []
    if os.geteuid() == 0:
        owners = {path.stat().st_uid for path in (data_dir / "postgres/data").rglob("*")}
        assert owners == {OWN_UID}


def test_only_the_password_opens_the_database(data_dir: Path) -> None:
    url = ensure_database(data_dir, fast=True)
    address = url.partition("@")[2]
    for login in ("onequeue", "onequeue:wrong", "postgres"):
        with pytest.raises(psycopg.OperationalError):
            run_sql(f"postgresql://{login}@{address}", "SELECT 1")
    assert run_sql(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]


def test_only_the_password_opens_valkey(data_dir: Path) -> None:
    address = ensure_redis(data_dir, fast=True).partition("@")[2]
    with redis.Redis.from_url(f"redis://{address}") as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_data_of_another_major_release_is_left_alone(data_dir: Path) -> None:
    data = data_dir / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(ServerError, match="written by PostgreSQL 15"):
        ensure_database(data_dir)
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_half_made_data_is_made_anew(data_dir: Path) -> None:
    half = data_dir / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert run_sql(ensure_database(data_dir, fast=True), "SELECT 1") == [(1,)]


def test_status_and_stop_say_what_is(data_dir: Path) -> None:
    def command(do: str) -> list[str]:
        run = [sys.executable, "-m", "config.servers", do, str(data_dir)]
        said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
        return [line.rpartition(" (")[0] for line in said.splitlines()]

    ensure_redis(data_dir, fast=True)
    assert command("status") == ["postgres: stopped", "valkey: running"]
    assert command("stop") == ["postgres: stopped", "valkey: stopped"]


def test_programs_the_server_cannot_walk_to_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)  # only root's servers run as another user
    copies = tmp_path / "copies"
    monkeypatch.setattr("config.servers.account.COPIES", copies)
    site = tmp_path / "site"
    (site / "programs/bin").mkdir(parents=True)
    (site / "programs/bin/run").write_text("#!/bin/sh\n")
    site.chmod(0o700)
    found = Account(tmp_path / "data").reachable(site, ("programs",))
    assert found.parent == copies
    assert (found / "programs/bin/run").stat().st_mode & 0o555 == 0o555
    assert Account(tmp_path / "data").reachable(site, ("programs",)) == found
