"""Signing in and out, languages, first passwords, lockout."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import Opener
from tests.e2e.desk import Team, sign_in
from tests.support.product import Person

pytestmark = pytest.mark.e2e


def test_one_chooses_english_and_the_inbox_speaks_it(team: Team, sit_down: Opener) -> None:
    li = sit_down("li", online=False)
    li.page.goto(f"{team.product.base_url}/settings/")
    li.page.get_by_label("语言").select_option("en")
    li.page.get_by_role("button", name="保存").click()
    expect(li.page.get_by_role("heading", name="Settings")).to_be_visible()
    li.open()
    expect(li.page.get_by_text("You are offline")).to_be_visible()
    li.page.goto(f"{team.product.base_url}/settings/")
    li.page.get_by_label("Language").select_option("")
    li.page.get_by_role("button", name="Save").click()
    expect(li.page.get_by_role("heading", name="设置")).to_be_visible()


def test_too_many_wrong_passwords_lock_this_name_out(team: Team, contexts: Callable[..., BrowserContext]) -> None:
    page = contexts().new_page()
    nobody = Person(0, "nobody", "", "", password="wrong")
    for _ in range(5):
        sign_in(page, team.product.base_url, nobody)
    expect(page.get_by_role("heading", name="已暂时锁定")).to_be_visible()


def test_who_signs_out_is_told_on_the_other_page(team: Team, contexts: Callable[..., BrowserContext]) -> None:
    context = contexts()
    page = context.new_page()
    sign_in(page, team.product.base_url, team.li)
    expect(page.locator("#light[data-light=on]")).to_be_visible()
    other = context.new_page()
    other.goto(f"{team.product.base_url}/settings/")
    other.get_by_role("button", name="退出登录").click()
    expect(other.get_by_role("heading", name="登录")).to_be_visible()
    page.locator("[data-act=presence]").click()
    expect(page.locator("#away-bar")).to_contain_text("你已退出登录")
