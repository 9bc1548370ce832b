"""An agent with nothing but a phone."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.desk import PHONE, Team

pytestmark = pytest.mark.e2e


def test_the_main_job_on_a_phone_one_column_at_a_time(team: Team, sit_down: Opener) -> None:
    lin, customer = (
        sit_down("lin", online=False, viewport=PHONE, has_touch=True, is_mobile=True),
        team.shop.customer("周周"),
    )
    lin.page.locator("#offline-bar").get_by_role("button", name="上线").tap()
    expect(lin.page.locator("#offline-bar")).to_be_hidden()
    customer.say("在吗")
    lin.row(customer).locator(".accept").tap()
    expect(lin.words).to_be_visible()
    expect(lin.page.locator(".list")).to_be_hidden()
    lin.words.fill("在的")
    lin.page.locator("#send").tap()
    expect(lin.messages).to_contain_text("平台已接收")
    lin.page.get_by_role("button", name="客户", exact=True).tap()
    expect(lin.page.locator("#side")).to_contain_text(customer.openid)
    lin.page.locator("#side [data-act=talk]").tap()
    lin.page.locator("#talk [data-act=back]").tap()
    expect(lin.page.locator(".list")).to_be_visible()
    expect(lin.talk).to_be_hidden()
    lin.tab("mine")
    expect(lin.row(customer)).to_contain_text("回复：在的")


def test_nothing_is_wider_than_the_screen(team: Team, sit_down: Opener) -> None:
    lin, customer = sit_down("lin", viewport=PHONE), team.shop.customer("周周")
    customer.say("很长的一个词" * 30)
    lin.accept(customer)
    assert lin.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_presence_is_chosen_at_the_foot_and_shown(team: Team, sit_down: Opener) -> None:
    lin = sit_down("lin", viewport=PHONE)
    lin.page.get_by_role("radio", name="小休").check()
    expect(lin.page.locator("#offline-bar")).to_contain_text("你在小休")
    assert team.call(lin.person, "GET", "presence/")["state"] == "away"
