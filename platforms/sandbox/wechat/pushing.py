"""Bringing what a customer did to the app's hook: three tries of five seconds, then a line on the phone.

Sources: facts/wechat.md A.4 ("重新发起请求，总共重试三次" is read as three tries in all).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from platforms.sandbox.apps import App
from platforms.sandbox.caller import CallError, with_query
from platforms.sandbox.calls import preview
from platforms.sandbox.clock import SECOND, iso
from platforms.sandbox.faults import Fault
from platforms.sandbox.messages import Line
from platforms.sandbox.twin import Twin
from platforms.sandbox.wechat.acting import Said, recorded
from platforms.sandbox.wechat.envelope import Push, handshake, seal, write

UNAVAILABLE = "该小程序客服暂时无法提供服务，请稍后再试"
ACKNOWLEDGED = (b"", b"success")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a push: acked, failed, lost or off; `latency_ms` is that of the acknowledged try."""

    state: str
    tries: int = 0
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The hook's answer; `status` is None if there was none, and `note` says why."""

    status: int | None
    body: bytes
    note: str
    took_ms: float

    @property
    def acknowledged(self) -> bool:
        """Whether the platform is content with it."""
        return self.status == 200 and self.body.strip() in ACKNOWLEDGED


async def push(twin: Twin, app: App, said: Said) -> Outcome:
    """Bring it to the hook, misbehaving as armed, and record what became of it."""
    faults = twin.faults.take_each(app.app_id, "push", said.openid)
    overtaken = [] if "reorder" in faults else twin.held.pop(app.app_id, [])
    if "reorder" in faults:
        await _wait_to_be_overtaken(twin, app.app_id, faults["reorder"].seconds)
    if "delay" in faults:
        await asyncio.sleep(faults["delay"].seconds)
    outcome = Outcome("lost") if "lost" in faults else await _deliver(twin, app, said, faults)
    for held in overtaken:
        held.set()
    _record(twin, app, said, outcome)
    return outcome


def resume(twin: Twin) -> None:
    """Go on with what an earlier run of the twin had not brought to its hook."""
    for row in twin.messages.pending():
        app = twin.apps.find(row["app_id"])
        if app:
            twin.spawn(push(twin, app, recorded(app, row)))


async def shake_hands(twin: Twin, app: App) -> dict[str, object]:
    """Check the hook as the console does when its address is saved."""
    sealed, echostr = handshake(app, at_s=twin.clock.at(app.app_id) // SECOND)
    heard = await _call(twin, app, sealed, method="GET")
    right = heard.status == 200 and heard.body.decode("utf-8", "replace") == echostr
    return {"ok": right, "status": heard.status, "answer": preview(heard.body), "note": heard.note}


async def _wait_to_be_overtaken(twin: Twin, app_id: str, seconds: float) -> None:
    held = asyncio.Event()
    twin.held.setdefault(app_id, []).append(held)
    try:
        async with asyncio.timeout(seconds):
            await held.wait()
    except TimeoutError:
        pass


async def _deliver(twin: Twin, app: App, said: Said, faults: Mapping[str, Fault]) -> Outcome:
    if not app.hook_url:
        return Outcome("off")
    copies = faults["duplicate"].copies if "duplicate" in faults else 1
    outcomes = await asyncio.gather(*(_try(twin, app, said, faults) for _ in range(max(copies, 1))))
    return next((each for each in outcomes if each.state == "acked"), outcomes[0])


async def _try(twin: Twin, app: App, said: Said, faults: Mapping[str, Fault]) -> Outcome:
    """Post it until it is acknowledged, as often as the platform does."""
    fault = ",".join(sorted(faults))
    for attempt in range(1, twin.settings.push_tries + 1):
        sealed = seal(
            said.event,
            app,
            at_s=twin.clock.at(app.app_id) // SECOND,
            wrong_token="bad_signature" in faults,
            broken="bad_envelope" in faults,
        )
        heard = await _call(twin, app, sealed, opened=write(said.event, app.push_format), fault=fault)
        if heard.acknowledged:
            return Outcome("acked", attempt, heard.took_ms)
        if attempt < twin.settings.push_tries:
            await asyncio.sleep(twin.settings.push_spacing)
    return Outcome("failed", twin.settings.push_tries)


def _record(twin: Twin, app: App, said: Said, outcome: Outcome) -> None:
    acked_ms = twin.clock.at(app.app_id) if outcome.state == "acked" else None
    twin.messages.pushed(said.id, state=outcome.state, tries=outcome.tries, acked_ms=acked_ms)
    if outcome.state == "failed":
        line = Line(
            app_id=app.app_id,
            openid=said.openid,
            author="system",
            type="notice",
            content={"content": UNAVAILABLE},
            at_ms=twin.clock.at(app.app_id),
            state="shown",
        )
        twin.messages.add(line)
    twin.changes.tell(app.app_id)


async def _call(
    twin: Twin,
    app: App,
    sealed: Push,
    *,
    method: str = "POST",
    opened: bytes = b"",
    fault: str = "",
) -> Heard:
    """One request to the hook, logged with its plain content."""
    async with twin.push_slots:
        at_ms = twin.clock.at(app.app_id)
        heard = await _request(twin, app.hook_url, method, sealed)
    twin.calls.add(
        app.app_id,
        at=iso(at_ms),
        direction="out",
        method=method,
        path=app.hook_url,
        status=heard.status,
        duration_ms=round(heard.took_ms, 1),
        request=preview(sealed.body),
        opened=preview(opened),
        response=preview(heard.body),
        fault=fault,
        note=heard.note,
    )
    twin.changes.tell(app.app_id)
    return heard


async def _request(twin: Twin, url: str, method: str, sealed: Push) -> Heard:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(twin.settings.push_timeout):
            headers = {"content-type": sealed.content_type}
            found = await twin.caller.call(method, with_query(url, sealed.query), headers, sealed.body)
            status, answer, note = found.status, found.body, ""
    except CallError as error:
        status, answer, note = None, b"", str(error)
    except TimeoutError:
        status, answer, note = None, b"", f"no answer within {twin.settings.push_timeout:g} s"
    return Heard(status, answer, note, (time.perf_counter() - started) * 1000)
