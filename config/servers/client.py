"""How a process gets to use a server: it takes a lease, which ends with it, and sees to a keeper."""

import os
import subprocess
import sys
import time
from pathlib import Path

from config.servers import locks
from config.servers.errors import ServerError
from config.servers.folder import Folder
from config.servers.keeper import stop_keeper
from config.servers.server import Server

BASE_DIR = Path(__file__).resolve().parents[2]
READY_SECONDS = 150.0  # making the data, or replaying the log after a crash
DEFAULT_LINGER_SECONDS = "10"

_leases: dict[Path, int] = {}


def ensure(server: Server) -> str:
    """The URL of `server`, running; it stays so while this process lives. ServerError says why not."""
    folder = server.folder
    try:
        folder.create()
        _hold_lease(folder)
        with locks.exclusive(folder.starting):
            return _url_of_kept(server)
    except PermissionError as error:
        raise ServerError(f"{folder.path} belongs to another user; set DATA_DIR to a folder of your own") from error


def _hold_lease(folder: Folder) -> None:
    """Tell the keeper that this process uses the server, for as long as it lives."""
    held = _leases.get(folder.path)
    if held is not None and locks.is_same_file(held, folder.lease):
        return
    _leases[folder.path] = locks.shared(folder.lease)
    if held is not None:
        os.close(held)


def release(server: Server) -> None:
    """End the use of `server` by this process; if it was the last one, the server is stopped on return."""
    folder = server.folder
    held = _leases.pop(folder.path, None)
    if held is None:
        return
    os.close(held)
    with locks.exclusive(folder.starting):
        last = locks.try_exclusive(folder.lease, within=0.2)  # the keeper looks at it now and then
        if last is not None:
            os.close(last)
            stop_keeper(folder)


def _url_of_kept(server: Server) -> str:
    for _ in range(2):  # the first keeper we meet may be on its way out
        if not server.folder.is_kept():
            _start_keeper(server)
        url = _wait_for_url(server.folder)
        if url:
            return url
    folder = server.folder
    raise ServerError(f"embedded {server.name} does not start; {folder.log} ends:\n{folder.last_words()}")


def _start_keeper(server: Server) -> None:
    command = [sys.executable, "-m", "config.servers", "keep", server.name, str(server.data_dir)]
    linger = os.environ.get("SERVERS_LINGER_SECONDS", DEFAULT_LINGER_SECONDS)
    log = server.folder.open_log()
    try:
        subprocess.run(
            [*command, "--linger", linger, *(["--fast"] if server.fast else [])],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,  # it may have lost to another; what counts is whether there is one
        )
    finally:
        os.close(log)


def _wait_for_url(folder: Folder) -> str | None:
    """The URL once the server answers; None if the keeper goes away."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if url := folder.url():
            return url
        if not folder.is_kept():
            return None
        time.sleep(locks.POLL_SECONDS)
    raise ServerError(f"the server in {folder.path} did not answer within {READY_SECONDS:.0f} s; see {folder.log}")
