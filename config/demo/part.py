"""One part of the demo: a child process with its log, of which the terminal shows what matters."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.demo.lines import matters, shortened
from config.servers.children import die_with_parent

BASE_DIR = Path(__file__).resolve().parents[2]
LINE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """What to run, under which name."""

    name: str
    command: Sequence[str]


class RunningPart:
    """A started part. It ends with us, even if we are killed."""

    def __init__(self, part: Part, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = part.name
        self.log = log
        self.last_lines: deque[str] = deque(maxlen=15)
        self._process = process

    @classmethod
    async def start(cls, part: Part, *, env: Mapping[str, str], logs: Path) -> "RunningPart":
        """Start `part` in a process group of its own, so that Ctrl-C reaches only us."""
        process = await asyncio.create_subprocess_exec(
            *part.command,
            cwd=BASE_DIR,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_BYTES,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        return cls(part, process, logs / f"{part.name}.log")

    async def follow(self, show: Callable[[str, str], None], *, everything: bool) -> int:
        """Write its output to the log and show what is worth it, until it ends; the exit code."""
        assert self._process.stdout  # noqa: S101 (it was asked for above)
        with self.log.open("w") as log:
            while raw := await self._next_line(self._process.stdout):
                line = raw.decode(errors="replace").rstrip("\n")
                print(line, file=log, flush=True)
                self.last_lines.append(shortened(line))
                if everything or matters(line):
                    show(self.name, line)
        return await self._process.wait()

    @staticmethod
    async def _next_line(output: asyncio.StreamReader) -> bytes:
        try:
            return await output.readline()
        except ValueError:
            return b"(a line of more than a megabyte)\n"

    async def stop(self, *, within: float) -> None:
        """Ask it to end; after `within` seconds end it and all it started."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), within)
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
