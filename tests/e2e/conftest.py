"""A shop with two agents and a supervisor, at their browsers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.desk import DESK, Desk, Team, state_of
from tests.support.product import Product

Opener = Callable[..., Desk]


@pytest.fixture(scope="session")
def team(product: Product) -> Team:
    """The people of one shop."""
    shop = product.open_shop("wedding")
    return Team(
        product,
        shop,
        lin=product.hire("lin", name="小林", accounts=shop.key),
        li=product.hire("li", name="小李", accounts=shop.key),
        boss=product.hire("boss", name="王主管", role="supervisor", accounts=shop.key),
    )


@pytest.fixture(autouse=True)
def _clear_desks(team: Team) -> Iterator[None]:
    """Each test begins and ends with nobody waiting and nobody there."""
    team.clear()
    yield
    team.clear()


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers' contexts; they are closed at the end, and nothing may have gone wrong unseen in any."""
    opened: list[BrowserContext] = []
    problems: list[str] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(locale="zh-CN", **options)  # type: ignore[arg-type]
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on(
            "console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None
        )
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert problems == []


@pytest.fixture
def sit_down(contexts: Callable[..., BrowserContext], team: Team, browser: Browser) -> Opener:
    """Opens the inbox as one of the team, online unless told otherwise."""

    def open_inbox(username: str = "lin", *, online: bool = True, **options: object) -> Desk:
        person = team.person(username)
        if online:
            team.call(person, "PUT", "presence/", json={"state": "online"})
        context = contexts(**{"viewport": DESK, "storage_state": state_of(team, person, browser), **options})
        desk = Desk(context.new_page(), team, person)
        desk.open()
        return desk

    return open_inbox


@pytest.fixture
def phone(contexts: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """A context for a customer's phone."""
    return contexts
