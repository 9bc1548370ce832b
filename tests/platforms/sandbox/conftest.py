"""A twin for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.platforms.sandbox.world import World, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    """The twin with its app, its clock at noon."""
    async with world(tmp_path) as found:
        yield found
