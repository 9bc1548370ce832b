"""The demo's life: start, wait until ready, watch, stop."""

import asyncio
import hashlib
import json
import signal
import time
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from config.demo.part import Part, RunningPart
from config.demo.plan import BASE_DIR, Plan
from config.demo.ready import answers
from config.demo.screen import Screen, logins, table
from config.demo.stores import Stores
from config.servers.private import make_private, write_private

READY_SECONDS = 120.0
POLL_SECONDS = 0.1
STOP_SECONDS = 5.0  # for one part; then it is killed
Result = TypeVar("Result")


class PartEndedError(RuntimeError):
    """A part ended that should not have; the text says which, with its last lines."""


class StopError(RuntimeError):
    """Somebody asked the demo to stop."""


async def run(plan: Plan) -> int:
    """Run the demo after `plan` until a signal or the end of a part; the exit code."""
    return await Run(plan).until_stopped()


class Run:
    """One run of the demo; made in the loop it runs in."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.screen = Screen()
        self.stores = Stores(plan)
        self.env: dict[str, str] = {}
        self.parts: list[RunningPart] = []
        self.seeded: object = None
        self._followers: list[asyncio.Task[int]] = []
        self._trouble: asyncio.Future[None] = (
            asyncio.get_running_loop().create_future()
        )  # fails when the demo has to end
        self._migrated = asyncio.Event()

    async def until_stopped(self) -> int:
        """Run until a signal or the end of a part; the exit code."""
        started_at = time.monotonic()
        self._listen()
        try:
            await self._or_trouble(self._start())
            self.screen.box(self._summary(time.monotonic() - started_at))
            await self._or_trouble(self.stores.watch())
        except StopError:
            self.screen.say("Stopping ...")
            return 0
        except PartEndedError as error:
            self.screen.say(str(error))
            return 1
        finally:
            await self._stop()
        return 0

    async def _start(self) -> None:
        make_private(self.plan.data_dir, self.plan.logs)
        self.screen.say("Starting PostgreSQL and Valkey ...")
        self.env = self.plan.part_env(*await self.stores.start())
        await self._start_part(self.plan.sandbox())
        stamp = self.plan.data_dir / "migrated"
        known = stamp.exists() and stamp.read_text() == self._schema()
        self.screen.say("Starting OneQueue ..." if known else "Making the database and the demo shops ...")
        preparing = await self._start_part(self.plan.preparation(), ends=True)
        if not known:  # else nobody meets a table that is not there, and all can start at once
            await self._migrated.wait()
            write_private(stamp, self._schema())
        for part in self.plan.product():
            await self._start_part(part)
        await asyncio.shield(preparing)  # its output is read to the end, even if we stop waiting
        await self._wait_until_ready()

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        local = f"http://127.0.0.1:{self.plan.port}/readyz"
        while not await asyncio.to_thread(answers, local):
            if time.monotonic() > deadline:
                raise PartEndedError(f"{local} did not say that it is ready within {READY_SECONDS:.0f} s.")
            await asyncio.sleep(POLL_SECONDS)

    async def _start_part(self, part: Part, *, ends: bool = False) -> "asyncio.Task[int]":
        running = await RunningPart.start(part, env=self.env, logs=self.plan.logs)
        self.parts.append(running)
        follower = asyncio.create_task(self._follow(running, ends=ends))
        self._followers.append(follower)
        return follower

    async def _follow(self, part: RunningPart, *, ends: bool) -> int:
        """Read what it says until it ends, and end the demo with it, unless it is meant to end."""
        show = self._hear if ends else self.screen.show
        code = await part.follow(show, everything=self.plan.verbose or ends)
        if not (ends and code == 0):
            last = "\n".join(f"  {line}" for line in part.last_lines)
            self._fail(PartEndedError(f"{part.name} ended (exit code {code}); {part.log} ends:\n{last}"))
        return code

    def _hear(self, name: str, line: str) -> None:
        """Take what the preparation says: facts in JSON, else something to show."""
        try:
            fact = json.loads(line)
        except ValueError:
            self.screen.show(name, line)
            return
        if isinstance(fact, dict) and fact.get("migrated"):
            self._migrated.set()
        if isinstance(fact, dict) and "seeded" in fact:
            self.seeded = fact["seeded"]

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._fail, StopError())

    def _fail(self, error: Exception) -> None:
        if not self._trouble.done():
            self._trouble.set_exception(error)

    async def _or_trouble(self, work: Awaitable[Result]) -> Result:
        """The result of `work`, unless the demo has to end before."""
        task = asyncio.ensure_future(work)
        both: set[asyncio.Future[Any]] = {task, self._trouble}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if self._trouble.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._trouble.result()
        return await task

    async def _stop(self) -> None:
        """Stop what lets work in, then the workers, the sandbox, and the stores if nobody else uses them."""
        self._trouble.cancel()  # what happens from now on is no trouble
        first = {"web", "beat", "prepare"}
        for names in (first, {"ingest", "deliver"}, {"sandbox"}):
            await self._stop_parts(part for part in self.parts if part.name in names)
        await asyncio.gather(*self._followers)
        await self.stores.stop()

    async def _stop_parts(self, parts: Iterable[RunningPart]) -> None:
        await asyncio.gather(*(part.stop(within=STOP_SECONDS) for part in parts))

    def _schema(self) -> str:
        """Tells one set of migrations, and one database, from another."""
        names = sorted(path.name for path in BASE_DIR.glob("*/migrations/*.py"))
        return hashlib.sha256("\n".join([self.env["DATABASE_URL"], *names]).encode()).hexdigest()

    def _summary(self, seconds: float) -> list[str]:
        rows = [
            [str(login.get(key) or "") for key in ("username", "password", "role")] for login in logins(self.seeded)
        ]
        return [
            f"OneQueue is ready ({seconds:.1f} s). Ctrl-C stops everything.",
            "",
            *table(
                [
                    ["Inbox", self.plan.url],
                    ["Customers' phones", self.plan.sandbox_url],
                    ["Logs", str(self.plan.logs)],
                ]
            ),
            *(["", *table([["login", "password", "role"], *rows])] if rows else []),
        ]
