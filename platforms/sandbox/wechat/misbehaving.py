"""What an armed fault does to a call of ours: one small function per kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from platforms.sandbox.faults import Fault
from platforms.sandbox.twin import Twin
from platforms.sandbox.web import Request, Response
from platforms.sandbox.wechat import tokens
from platforms.sandbox.wechat.answers import ok, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call under a fault: `do` carries it out, `refuse` records that it was not."""

    twin: Twin
    request: Request
    fault: Fault
    do: Callable[[str], Response]
    refuse: Callable[[str, int], None]

    @property
    def at_ms(self) -> int:
        """The time at the platform."""
        return self.twin.clock.at(self.fault.app_id)

    async def answer(self) -> Response:
        """What the caller hears."""
        return replace(await MISBEHAVIOURS[self.fault.kind](self), fault=self.fault.kind)

    def do_or_not(self, errcode: int = -1) -> None:
        """Carry it out if the fault says so, in silence."""
        if self.fault.taken:
            self.do(self.fault.kind)
        else:
            self.refuse(self.fault.kind, errcode)

    def answer_refused(self, errcode: int) -> Response:
        """Record and answer a refusal."""
        self.refuse(self.fault.kind, errcode)
        return refusal(errcode, self.at_ms)


async def http_500(call: Call) -> Response:
    """The server failed, before or after it did what was asked."""
    call.do_or_not()
    return Response(status=500, body=b"<h1>Internal Server Error</h1>", content_type="text/html")


async def busy(call: Call) -> Response:
    """-1: the platform does not say whether it took anything."""
    call.do_or_not()
    return refusal(-1, call.at_ms)


async def token_expired(call: Call) -> Response:
    """The app's tokens end now, so that a new one is really needed."""
    tokens.expire(call.twin.store, call.fault.app_id, call.at_ms)
    return call.answer_refused(42001)


async def token_invalid(call: Call) -> Response:
    """The app's tokens are no longer the latest."""
    tokens.kill(call.twin.store, call.fault.app_id)
    return call.answer_refused(40001)


async def no_answer(call: Call) -> Response:
    """Nothing comes for a while, then the connection is closed."""
    call.do_or_not()
    await call.request.hold(call.fault.seconds)
    return Response(body=ok().body, cut_after=0)


async def slow(call: Call) -> Response:
    """The call is carried out late, and answered."""
    await asyncio.sleep(call.fault.seconds)
    return call.do(call.fault.kind)


async def garbage(call: Call) -> Response:
    """An answer that is no JSON."""
    call.do_or_not()
    return Response(body=b"<html><body>gateway</body></html>", content_type="text/html")


async def truncated(call: Call) -> Response:
    """Half of the right answer, then the connection is closed."""
    if not call.fault.taken:
        call.refuse(call.fault.kind, -1)
    whole = call.do(call.fault.kind).body if call.fault.taken else ok().body
    return Response(body=whole, cut_after=len(whole) // 2)


def refusing(errcode: int) -> Callable[[Call], Awaitable[Response]]:
    """The call is refused with `errcode`, whatever the truth."""

    async def refused(call: Call) -> Response:
        return call.answer_refused(errcode)

    return refused


MISBEHAVIOURS: Mapping[str, Callable[[Call], Awaitable[Response]]] = {
    "http_500": http_500,
    "busy": busy,
    "token_expired": token_expired,
    "token_invalid": token_invalid,
    "timeout_before": no_answer,
    "timeout_after": no_answer,
    "slow": slow,
    "quota": refusing(45047),
    "window": refusing(45015),
    "rate_limit": refusing(45011),
    "garbage": garbage,
    "truncated": truncated,
}
