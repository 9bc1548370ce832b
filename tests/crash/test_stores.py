"""PostgreSQL and Valkey killed, and hung (architecture.md §4 webhooks, §5.5)."""

from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest

from tests.crash.conftest import Begin
from tests.crash.house import House
from tests.crash.rush import Rush, percentiles
from tests.support.processes import wait_until
from tests.support.shop import Shop

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

QUICK_MS = 1000
PLATFORM_WAITS_MS = 5000


def test_valkey_killed(house: House, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(20, 80))
    house.valkey.kill()
    scene.finish()
    check_all_acknowledged_at_once(scene)


def test_valkey_hung(house: House, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(20, 40))
    with house.valkey.frozen():
        scene.crowd.wait_until_said(chance.randint(80, 100))
    scene.finish()
    check_all_acknowledged_at_once(scene)


def test_postgres_killed_while_the_platform_takes_replies(
    house: House, shop: Shop, begin: Begin, chance: Random
) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(20, 80))
    shop.fail("slow", times=3, seconds=1.5)
    wait_until(lambda: not shop.faults(), within=30, what="three deliveries under way")
    house.postgres.kill()
    truth = scene.finish()
    under_way = {line["content"]["content"] for line in truth.taken if line["fault"] == "slow"}
    assert len(under_way) == 3
    assert under_way <= truth.texts("sent"), "the platform said so, and it was forgotten"


def test_postgres_hung(house: House, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(20, 40))
    with house.postgres.frozen():
        since = datetime.now(UTC) + timedelta(seconds=0.5)  # what was committed before is acknowledged by then
        stranger = httpx.post(f"{house.base_url}/hooks/mini_program/nobody/", timeout=PLATFORM_WAITS_MS / 1000)
        wait_until(lambda: len(scene.crowd.pushes(since)) >= 20, within=20, what="pushes that were answered")
        pushes = scene.crowd.pushes(since)
    assert (stranger.status_code, stranger.headers["retry-after"]) == (503, "5")
    assert {push["status"] for push in pushes} == {503}
    assert max(push["duration_ms"] for push in pushes) < PLATFORM_WAITS_MS
    scene.finish()


def check_all_acknowledged_at_once(scene: Rush) -> None:
    """At the first try of the platform, and quickly, as if nothing had happened."""
    assert {(line["state"], line["tries"]) for line in scene.crowd.said()} == {("acked", 1)}
    _, p99, _ = percentiles(sorted(push["duration_ms"] for push in scene.crowd.pushes(scene.crowd.began_at)))
    assert p99 < QUICK_MS
