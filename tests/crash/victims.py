"""PostgreSQL and Valkey of a product: where their processes are, to kill them and to freeze them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Victim:
    """A server that a keeper keeps. The first line of `pid_file` is its process; it may have children."""

    pid_file: Path

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        return int(self.pid_file.read_text().split()[0])

    def kill(self) -> None:
        """kill -9 of the first process; what is left of the others is the server's own affair."""
        os.kill(self.pid, signal.SIGKILL)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of it hangs: connections are there, and nothing is answered."""
        first = self.pid
        os.kill(first, signal.SIGSTOP)  # before its children, so that none is added meanwhile
        pids = [first, *_children(first)]
        try:
            for pid in pids:
                _send(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                _send(pid, signal.SIGCONT)


def postgres(data_dir: Path) -> Victim:
    """The embedded PostgreSQL in `data_dir`."""
    return Victim(data_dir / "postgres" / "data" / "postmaster.pid")


def valkey(data_dir: Path) -> Victim:
    """The embedded Valkey in `data_dir`."""
    return Victim(data_dir / "valkey" / "data" / "valkey.pid")


def _children(pid: int) -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _parent(folder) == pid]


def _parent(folder: Path) -> int:
    """The parent of a process by its folder in /proc, 0 when it has gone."""
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # a connection that ended
        os.kill(pid, number)
