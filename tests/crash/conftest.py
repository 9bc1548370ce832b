"""One house for all scenarios; SOAK=n in the environment runs each with n seeds and a longer stream."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.crash.crowd import Stream
from tests.crash.house import House, running_house
from tests.crash.rush import Rush, rush
from tests.support.product import Person
from tests.support.shop import Shop

SOAK = int(os.environ.get("SOAK") or 0)
STREAM = Stream(customers=60, rate=40) if SOAK else Stream(customers=12, rate=25)

Begin = Callable[[], Rush]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every scenario runs with each seed."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(max(SOAK, 1)))


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The product on servers of its own, supervised."""
    with running_house(tmp_path_factory.mktemp("crash")) as house:
        yield house


@pytest.fixture(scope="package")
def shop(house: House) -> Shop:
    """A mini-program."""
    return house.open_shop("crash")


@pytest.fixture(scope="package")
def people(house: House, shop: Shop) -> list[Person]:
    """Two agents who can carry anything."""
    return [house.hire(name, accounts=shop.key, capacity=1000) for name in ("xiaolin", "ajie")]


@pytest.fixture
def chance(request: pytest.FixtureRequest, seed: int) -> random.Random:
    """What decides when something dies."""
    return random.Random(f"{request.node.originalname} {seed}")  # noqa: S311 - no secret


@pytest.fixture
def begin(request: pytest.FixtureRequest, house: House, shop: Shop, people: list[Person], seed: int) -> Iterator[Begin]:
    """Starts the stream and the agents."""
    prefix = f"{request.node.originalname.removeprefix('test_')[:12]}{seed}-"
    with ExitStack() as stack:
        yield lambda: stack.enter_context(rush(house, shop, people, prefix=prefix, stream=STREAM))
