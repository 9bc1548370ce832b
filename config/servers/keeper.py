"""The keeper: a small detached process that runs one server for as long as somebody uses it."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from types import FrameType

from config.servers import locks
from config.servers.errors import ServerError
from config.servers.folder import Folder
from config.servers.leftovers import stop, stop_leftover
from config.servers.server import Server

STARTS = 3  # tries before the first success; after it there is no limit
START_SECONDS = 120.0  # one try; after a crash PostgreSQL first replays its log
LOOK_SECONDS = 1.0  # between looks at the lease
READY_POLL_SECONDS = 0.01
STOP_SECONDS = 60.0
ANOTHER_KEEPS = 3  # exit code


class Bell:
    """Wakes a waiting keeper when a child ends or somebody asks it to stop."""

    def __init__(self) -> None:
        self.stopping = False
        self._ear, mouth = os.pipe()
        os.set_blocking(self._ear, False)
        os.set_blocking(mouth, False)
        signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)

    def wait(self, seconds: float) -> None:
        """Return when it rings, at the latest after `seconds`."""
        if select.select([self._ear], [], [], seconds)[0]:
            os.read(self._ear, 512)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


class Keeper:
    """Runs `server`; `linger` is how many seconds it stays after its last user."""

    def __init__(self, server: Server, *, lock: int, linger: float) -> None:
        self.server = server
        self.folder = server.folder
        self.lock = lock
        self.linger = linger
        self.bell = Bell()
        self.log = self.folder.open_log()
        self.port = 0
        self.used_at = time.monotonic()
        self.last_lease: int | None = None

    def run(self) -> None:
        """Keep the server until nobody needs it; ServerError if it does not start at all."""
        stop_leftover(self.folder.data, self.server.pid_file, self.server.stop_signals)
        self.server.prepare(self.log)
        process = self._start_first()
        while process and self._is_needed():
            self.bell.wait(LOOK_SECONDS)
            if process.poll() is not None:
                self.folder.withdraw()
                process = self._start_again()
        self.folder.withdraw()
        if process:
            self._stop(process)

    def _start_first(self) -> "subprocess.Popen[bytes] | None":
        process = self._try_to_start()
        if process is None and self.server.expendable and not self.bell.stopping:
            self.server.set_data_aside()
            self.server.prepare(self.log)
            process = self._try_to_start()
        if process is None and not self.bell.stopping:
            raise ServerError(f"{self.server.name} does not start; see {self.folder.log}")
        return process

    def _try_to_start(self) -> "subprocess.Popen[bytes] | None":
        """A process that answers, on a port that was free; None if there is none after a few tries."""
        for _ in range(STARTS):
            self.port = self.folder.port()
            process = self._start()
            if process or self.bell.stopping:
                return process
        return None

    def _start_again(self) -> "subprocess.Popen[bytes] | None":
        """A new process on the same port, which its users know; None once nobody needs it."""
        pause = READY_POLL_SECONDS
        while self._is_needed():
            stop_leftover(self.folder.data, self.server.pid_file, self.server.stop_signals)
            if process := self._start():
                return process
            self.bell.wait(pause)
            pause = min(pause * 2, LOOK_SECONDS)
        return None

    def _start(self) -> "subprocess.Popen[bytes] | None":
        """One try: the process once it answers, else None."""
        with tempfile.TemporaryFile() as stdin:
            stdin.write(self.server.stdin(self.port))
            stdin.seek(0)
            process = self.server.account.start(self.server.command(self.port), output=self.log, stdin=stdin)
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline and not self.bell.stopping:
            if self.server.is_ready(process, self.port):
                self.folder.announce(self.server.url(self.port))
                return process
            time.sleep(READY_POLL_SECONDS)
        self._stop(process)
        return None

    def _stop(self, process: "subprocess.Popen[bytes]") -> None:
        if not stop(process.send_signal, self.server.stop_signals, lambda: process.poll() is not None):
            print(f"{self.server.name} (process {process.pid}) does not stop", file=sys.stderr)

    def _is_needed(self) -> bool:
        """Whether a user is left, or was `linger` seconds ago. If not, new users wait until we are gone."""
        if self.bell.stopping or not locks.is_same_file(self.lock, self.folder.keeper):  # the folder was removed
            return False
        lease = locks.try_exclusive(self.folder.lease)
        now = time.monotonic()
        if lease is None:
            self.used_at = now
            return True
        if now - self.used_at < self.linger:
            os.close(lease)
            return True
        self.last_lease = lease  # held until we end
        return False


def keep(server: Server, *, linger: float) -> int:
    """Become the keeper of `server` in a process of its own; returns at once with an exit code."""
    server.folder.create()
    lock = locks.try_exclusive(server.folder.keeper, within=1.0)  # a moment for those who only look whether it is held
    if lock is None:
        return ANOTHER_KEEPS
    server.folder.withdraw()
    if os.fork():
        return 0
    os.setsid()
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    Keeper(server, lock=lock, linger=linger).run()
    return 0


def stop_keeper(folder: Folder) -> None:
    """Ask the keeper in `folder` to stop its server and itself, and wait until it has."""
    if not folder.is_kept():
        return
    try:
        os.kill(int(folder.keeper.read_text()), signal.SIGTERM)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return
    deadline = time.monotonic() + STOP_SECONDS
    while folder.is_kept():
        if time.monotonic() > deadline:
            raise ServerError(f"the keeper of {folder.path} does not stop")
        time.sleep(READY_POLL_SECONDS)
