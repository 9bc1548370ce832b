"""kill -9 of our own processes (domain.md §2, invariants 5 to 8)."""

from random import Random

import pytest

from tests.crash.conftest import Begin
from tests.crash.house import House
from tests.support.processes import wait_until
from tests.support.shop import Shop

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]


def test_web_killed_in_a_burst_and_while_pushes_wait_for_their_commit(
    house: House, shop: Shop, begin: Begin, chance: Random
) -> None:
    scene = begin()
    shop.fail("duplicate", times=40, copies=3)
    scene.crowd.wait_until_acknowledged(chance.randint(15, 40))
    house.kill("web")
    scene.crowd.wait_until_acknowledged(20)
    with house.postgres.frozen():
        scene.crowd.wait_until_said(10)
        house.kill("web")
    scene.finish()


def test_worker_killed_in_the_middle_of_deliveries(house: House, shop: Shop, begin: Begin, chance: Random) -> None:
    scene = begin()
    scene.crowd.wait_until_acknowledged(chance.randint(15, 40))
    shop.fail("timeout_after", times=2)
    shop.fail("slow", times=2, seconds=1.5)  # carried out although nobody listens any more
    wait_until(lambda: not shop.faults(), within=30, what="four deliveries under way")
    house.kill("worker")
    truth = scene.finish()
    assert truth.states()["unknown"] >= 2
