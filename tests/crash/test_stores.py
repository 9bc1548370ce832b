"""PostgreSQL and Valkey killed, and hung (architecture.md §4 webhooks, §5.5)."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from tests.crash.conftest import STREAM, Begin
from tests.crash.house import House
from tests.crash.rush import Rush
from tests.support.processes import wait_until

pytestmark = pytest.mark.crash

QUICK_MS = 1000.0
PLATFORM_WAITS_MS = 5000.0


def test_valkey_killed(house: House, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(30, 120))
    house.valkey.kill()
    scene.finish()
    check_all_acknowledged_at_once(scene)


def test_valkey_hung(house: House, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(30, 60))
    with house.valkey.frozen():
        scene.crowd.wait_until_said(120)
    scene.finish()
    check_all_acknowledged_at_once(scene)


def test_postgres_killed(house: House, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(30, 120))
    house.postgres.kill()
    scene.finish()


def test_postgres_hung(house: House, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(30, 60))
    with house.postgres.frozen():
        since = datetime.now(UTC) + timedelta(seconds=0.3)  # what was committed before is acknowledged by then
        stranger = httpx.post(f"{house.base_url}/hooks/mini_program/nobody/", timeout=PLATFORM_WAITS_MS / 1000)
        wait_until(lambda: len(answered(scene, since)) >= 20, within=20, what="pushes that were answered")
        calls = answered(scene, since)
    assert (stranger.status_code, stranger.headers["retry-after"]) == (503, "5")
    assert {call["status"] for call in calls} == {503}
    assert max(call["duration_ms"] for call in calls) < PLATFORM_WAITS_MS
    scene.finish()


def answered(scene: Rush, since: datetime) -> list[dict[str, Any]]:
    """The pushes that began after `since` and are over."""
    shop = scene.crowd.shop
    calls = shop.twin.call("GET", f"/apps/{shop.app_id}/calls", params={"limit": 1000})["calls"]
    return [call for call in calls if call["direction"] == "out" and datetime.fromisoformat(call["at"]) > since]


def check_all_acknowledged_at_once(scene: Rush) -> None:
    """At the first try of the platform, and quickly, as if nothing had happened."""
    result = scene.crowd.result
    assert (result["states"], result["tries"]) == ({"acked": STREAM.messages}, STREAM.messages)
    assert result["ack_ms"]["p99"] < QUICK_MS
