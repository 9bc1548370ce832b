"""The clock of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.clock import at


@pytest.fixture
def noon() -> Iterator[None]:
    """Ten seconds after NOON, standing still."""
    with time_machine.travel(at(10), tick=False):
        yield
