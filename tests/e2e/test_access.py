"""Every page can be used by everybody: axe finds nothing, light or dark, wide or narrow."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener
from tests.e2e.desk import DESK, PHONE, Desk, Team

pytestmark = pytest.mark.e2e
LOOKS = [(DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")]
looks = pytest.mark.parametrize(
    ("viewport", "scheme"), LOOKS, ids=lambda each: str(each.get("width", "")) if isinstance(each, dict) else each
)


def faults(page: Page) -> list[str]:
    """What axe objects to."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}" for each in found for node in each["nodes"]
    ]


def a_talk(team: Team, desk: Desk) -> None:
    """One conversation with everything in it, and one that waits."""
    customer, other = team.shop.customer("周周"), team.shop.customer("王先生")
    customer.say("在吗")
    customer.send_picture()
    customer.act("card", title="云朵羽绒服", path="pages/goods?id=1", wait=True)
    other.say("你好")
    conversation = team.conversation_of(customer)["id"]
    team.call(desk.person, "POST", f"conversations/{conversation}/accept/")
    team.call(desk.person, "POST", f"conversations/{conversation}/notes/", json={"text": "老客户"})
    team.shop.fail("window", on="send", times=1)
    team.call(desk.person, "POST", f"conversations/{conversation}/messages/", json={"text": "在的"})
    desk.open(f"/conversations/{conversation}/")
    expect(desk.messages.locator(".is-failed")).to_be_visible()


@looks
def test_the_inbox(team: Team, sit_down: Opener, viewport: dict[str, int], scheme: str) -> None:
    lin = sit_down("lin", viewport=viewport, color_scheme=scheme)
    a_talk(team, lin)
    assert faults(lin.page) == []
    if viewport == PHONE:
        lin.page.locator("[data-act=back]").first.click()
    lin.press("Escape")
    assert faults(lin.page) == []
    lin.page.evaluate("document.getElementById('keys').showModal()")
    assert faults(lin.page) == []


@looks
def test_an_offline_agent_with_nothing_open(sit_down: Opener, viewport: dict[str, int], scheme: str) -> None:
    assert faults(sit_down("li", online=False, viewport=viewport, color_scheme=scheme).page) == []


@looks
def test_the_supervisors_pages(team: Team, sit_down: Opener, viewport: dict[str, int], scheme: str) -> None:
    boss = sit_down("boss", viewport=viewport, color_scheme=scheme)
    a_talk(team, boss)
    for path in (
        "/dashboard/",
        "/dashboard/definitions/",
        "/dashboard/rounds/?waiting=1",
        "/settings/",
        "/settings/password/",
        "/none",
    ):
        boss.page.goto(team.product.base_url + path)
        assert faults(boss.page) == [], path


@looks
def test_signing_in(team: Team, contexts: Any, viewport: dict[str, int], scheme: str) -> None:
    page = contexts(viewport=viewport, color_scheme=scheme).new_page()
    page.goto(team.product.base_url)
    assert faults(page) == []
