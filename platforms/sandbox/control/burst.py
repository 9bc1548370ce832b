"""Many customers at once: messages at a steady rate, and how long the hook took to acknowledge them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platforms.sandbox.apps import App
from platforms.sandbox.twin import Twin
from platforms.sandbox.web import HttpError
from platforms.sandbox.wechat.acting import Action, record
from platforms.sandbox.wechat.pushing import Outcome, push


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`messages` in all, from `customers` in turn, `rate` a second (0: as fast as the hook takes them)."""

    messages: int = 100
    customers: int = 10
    rate: float = 50.0
    prefix: str = "burst"
    text: str = "在吗 {n}"

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Plan:
        """The plan in a request; HttpError 422."""
        try:
            found = cls(
                messages=int(data.get("messages", 100)),
                customers=int(data.get("customers", 10)),
                rate=float(data.get("rate", 50)),
                prefix=str(data.get("prefix", "burst")),
                text=str(data.get("text", "在吗 {n}")),
            )
        except (TypeError, ValueError) as error:
            raise HttpError(422, "bad_burst", str(error)) from error
        if not (0 < found.messages <= 100_000 and 0 < found.customers <= 10_000 and found.rate >= 0):
            raise HttpError(422, "bad_burst", "1 to 100000 messages, 1 to 10000 customers, a rate of 0 or more")
        return found


async def burst(twin: Twin, app: App, plan: Plan) -> dict[str, Any]:
    """Carry it out; counts by state, and the latencies of acknowledged pushes in milliseconds."""
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_say(twin, app, plan, n, started)) for n in range(plan.messages)]
    took = time.perf_counter() - started
    outcomes = [task.result() for task in tasks]
    states = [each.state for each in outcomes]
    latencies = sorted(each.latency_ms for each in outcomes if each.latency_ms is not None)
    return {
        "messages": plan.messages,
        "states": {state: states.count(state) for state in sorted(set(states))},
        "tries": sum(each.tries for each in outcomes),
        "seconds": round(took, 3),
        "acked_per_second": round(states.count("acked") / took, 1),
        "ack_ms": percentiles(latencies),
    }


async def _say(twin: Twin, app: App, plan: Plan, n: int, started: float) -> Outcome:
    if plan.rate:
        await asyncio.sleep(started + n / plan.rate - time.perf_counter())
    openid = f"o{plan.prefix}{n % plan.customers:06d}"
    said = record(twin, app, openid, Action(type="text", fields={"Content": plan.text.replace("{n}", str(n))}))
    return await push(twin, app, said)


def percentiles(ordered: Sequence[float]) -> dict[str, float]:
    """p50, p90, p99 and the largest of what is in order, {} for nothing."""
    if not ordered:
        return {}
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    last = len(ordered) - 1
    return {name: round(ordered[round(last * share)], 1) for name, share in shares.items()}
