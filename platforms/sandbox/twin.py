"""The twin as one object: its state, its clock, what is armed and what was called."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platforms.sandbox.apps import Apps
from platforms.sandbox.caller import Caller, Http
from platforms.sandbox.calls import Calls
from platforms.sandbox.changes import Changes
from platforms.sandbox.clock import Clock, real_ms
from platforms.sandbox.faults import Faults
from platforms.sandbox.media import Media
from platforms.sandbox.messages import Messages
from platforms.sandbox.quota import Quota
from platforms.sandbox.store import Store

PUSHES_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`url` is where others reach the twin, "" to go by what each caller used. Durations in seconds."""

    directory: Path = Path("var/sandbox")
    url: str = ""
    push_timeout: float = 5.0
    push_tries: int = 3
    push_spacing: float = 0.5

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """SANDBOX_DIR, SANDBOX_URL, SANDBOX_PUSH_TIMEOUT, SANDBOX_PUSH_TRIES, SANDBOX_PUSH_SPACING."""
        return cls(
            directory=Path(env.get("SANDBOX_DIR", "var/sandbox")),
            url=env.get("SANDBOX_URL", "").rstrip("/"),
            push_timeout=float(env.get("SANDBOX_PUSH_TIMEOUT", "5")),
            push_tries=int(env.get("SANDBOX_PUSH_TRIES", "3")),
            push_spacing=float(env.get("SANDBOX_PUSH_SPACING", "0.5")),
        )


class Twin:
    """Everything the handlers need. Made inside the running loop, by the thread that serves."""

    def __init__(self, settings: Settings, now: Callable[[], int] = real_ms, caller: Caller | None = None) -> None:
        self.settings = settings
        self.store = Store(settings.directory / "sandbox.sqlite3")
        self.apps = Apps(self.store)
        self.messages = Messages(self.store)
        self.quota = Quota(self.store)
        self.media = Media(self.store)
        self.clock = Clock(self.store, now)
        self.faults = Faults()
        self.calls = Calls()
        self.changes = Changes()
        self.typing: dict[tuple[str, str], int] = {}  # until when, by the app's clock
        self.held: dict[str, list[asyncio.Event]] = {}  # pushes that wait for the next one to overtake them
        self.push_slots = asyncio.Semaphore(PUSHES_AT_ONCE)
        self.caller: Caller = caller or Http()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._last_msg_id = 0

    def next_msg_id(self) -> int:
        """A MsgId: 64 bits, more than a double holds, never given twice (restarts and resets included)."""
        self._last_msg_id = max(self._last_msg_id + 1, real_ms() * 10_000)
        return self._last_msg_id

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work` beside the requests."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until nothing runs beside the requests."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop what is running and let go of the file."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.caller.close()
        self.store.close()
