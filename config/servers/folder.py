"""The files of one embedded server, in `data_dir/<name>/`."""

import os
import random
import socket
from pathlib import Path

from config.servers import locks
from config.servers.private import make_private, write_private

PORTS = range(20000, 32000)  # below the ports that systems give to outgoing connections
LOG_BYTES = 10_000_000


class Folder:
    """Where a server's data, its locks and its address are; private to their owner."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.data = self.path / "data"  # the server's own
        self.lease = self.path / "lease"  # shared by all who use the server
        self.starting = self.path / "starting.lock"  # held while one of them looks for the keeper
        self.keeper = self.path / "keeper.lock"  # held by the keeper for its life; its text is the keeper's pid
        self.log = self.path / "log"
        self._url = self.path / "url"  # there while the server answers
        self._port = self.path / "port"

    def create(self) -> None:
        """Make the folder, and the data folder it is in, if they are not there."""
        make_private(self.path.parent, self.path)

    def is_kept(self) -> bool:
        """Whether a keeper lives."""
        return self.path.is_dir() and locks.is_held(self.keeper)

    def url(self) -> str | None:
        """The address of the server, if it answers."""
        try:
            return self._url.read_text()
        except FileNotFoundError:
            return None

    def announce(self, url: str) -> None:
        """Say that the server answers at `url`."""
        write_private(self._url, url)

    def withdraw(self) -> None:
        """Say that the server does not answer now."""
        self._url.unlink(missing_ok=True)

    def port(self) -> int:
        """The port of last time if it is free, else another, which is remembered."""
        try:
            port = int(self._port.read_text())
        except (FileNotFoundError, ValueError):
            port = 0
        while not is_free(port):
            port = random.choice(PORTS)  # noqa: S311 (not a secret)
        write_private(self._port, str(port))
        return port

    def open_log(self) -> int:
        """The log, open for adding to it; an old one that has grown large is put aside."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.path / "log.old")
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def last_words(self, lines: int = 12) -> str:
        """The end of the log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port`."""
    if not port:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
