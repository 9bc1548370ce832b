"""Child processes of a test: started with a log, waited for by condition, never left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import httpx

from config.servers.children import die_with_parent
from config.servers.folder import PORTS, is_free

BASE_DIR = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.02
Found = TypeVar("Found")


class Process:
    """A running program whose output goes to `log`."""

    def __init__(
        self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path = BASE_DIR
    ) -> None:
        self.command = list(command)
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                self.command,
                cwd=cwd,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    @property
    def pid(self) -> int:
        """The process id, which is also that of its group."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return self._popen.poll()

    def output(self) -> str:
        """All it has said."""
        return self.log.read_text(errors="replace")

    def wait_for_line(self, text: str, *, within: float = 30) -> str:
        """The first line that contains `text`."""

        def line() -> str | None:
            return next((line for line in self.output().splitlines() if text in line), None)

        return self.wait_until(line, within=within, what=f"{text!r} in its output")

    def wait_until(self, condition: Callable[[], Found | None], *, within: float, what: str) -> Found:
        """Like the function, but fails as soon as the process has ended."""

        def still() -> Found | None:
            found = condition()
            assert found or self.exit_code is None, (
                f"{self.command} ended ({self.exit_code}) before {what}:\n{self.output()}"
            )
            return found

        try:
            return wait_until(still, within=within, what=what)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; {self.command} said:\n{self.output()}") from None

    def wait(self, *, within: float = 30) -> int:
        """Its exit code, once it has ended."""
        return self._popen.wait(timeout=within)

    def send(self, number: signal.Signals) -> None:
        """Signal this process, not its children."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """kill -9 of the process and its group, waited for."""
        self._signal_group(signal.SIGKILL)
        self._popen.wait()

    def stop(self, *, within: float = 15) -> int:
        """Ask it to end; its exit code. After `within` seconds it is killed."""
        self._signal_group(signal.SIGTERM)
        try:
            return self._popen.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(self.pid, number)


@contextmanager
def running(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path = BASE_DIR
) -> Iterator[Process]:
    """A process that is gone when the block ends, whatever happened in it."""
    process = Process(command, log=log, env=env, cwd=cwd)
    try:
        yield process
    finally:
        process.kill()


def wait_until(condition: Callable[[], Found | None], *, within: float, what: str) -> Found:
    """What `condition` returns once it is true; TimeoutError after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what} within {within:g} s")
        time.sleep(POLL_SECONDS)


def answers(url: str, *, status: int = 200) -> bool:
    """Whether a GET of `url` is answered with `status`."""
    try:
        return httpx.get(url, timeout=5).status_code == status
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port that nobody listens on now."""
    return next(port for port in _ports() if is_free(port))


def _ports() -> Iterator[int]:
    start = os.getpid() * 37 + time.monotonic_ns() // 1000
    for step in range(len(PORTS)):
        yield PORTS[(start + step) % len(PORTS)]


def is_alive(pid: int) -> bool:
    """Whether a process runs under `pid`; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
