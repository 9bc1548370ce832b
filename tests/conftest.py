"""Fixtures for all tests. Servers are set up in tests/support/plugin.py."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from inbox import offload
from tests.support import chromium
from tests.support.product import Product, running_product


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """What a test left to the background is done before its tables are emptied: the two would wait for each other."""
    offload.drain(3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: while Playwright runs, its event loop is that of the main thread."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; a test that cannot have it fails and says what to install."""
    try:
        path = chromium.require()
    except chromium.MissingError as error:
        pytest.fail(str(error), pytrace=False)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Django would take Playwright's loop for ours
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The running product by the commands of production, with the platforms' twin; shared by the whole run."""
    with running_product(tmp_path_factory.mktemp("product")) as product:
        yield product
