"""Two agents want the same customer."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.desk import Team

pytestmark = pytest.mark.e2e


def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told(team: Team, sit_down: Opener) -> None:
    lin, li, customer = sit_down("lin"), sit_down("li"), team.shop.customer("周周")
    customer.say("在吗")
    for desk in (lin, li):
        expect(desk.row(customer)).to_be_visible()
    press = "customer => document.querySelector(`#${customer} .accept`).click()"
    row = lin.row(customer).get_attribute("id")
    for desk in (lin, li):
        desk.page.evaluate(press, row)
    owner = team.person(_owner(team, customer.openid))
    winner, loser = (lin, li) if owner == team.lin else (li, lin)
    expect(winner.words).to_be_visible()
    expect(loser.page.locator("#toasts, #announcer").first).to_be_attached()
    expect(loser.row(customer)).to_have_count(0)
    expect(loser.words).to_have_count(0)
    said = loser.page.locator("#announcer").inner_text()
    assert f"{winner.person.name} 已接入" in said or "已被同事接入" in said


def test_the_loser_who_was_looking_sees_whose_it_is(team: Team, sit_down: Opener) -> None:
    lin, li, customer = sit_down("lin"), sit_down("li"), team.shop.customer("周周")
    customer.say("在吗")
    li.row(customer).locator("a").click()
    expect(li.talk).to_contain_text("还没有人接入")
    lin.accept(customer)
    expect(li.talk).to_contain_text("小林 已接入")
    expect(li.talk).not_to_contain_text("在吗")


def test_focus_goes_on_to_the_next_row(team: Team, sit_down: Opener) -> None:
    lin, li = sit_down("lin"), sit_down("li")
    first, second = team.shop.customer("甲"), team.shop.customer("乙")
    first.say("在吗")
    second.say("在吗")
    expect(li.row(second)).to_be_visible()
    li.row(first).locator("a").focus()
    lin.accept(first)
    expect(li.row(first)).to_have_count(0)
    expect(li.row(second).locator("a")).to_be_focused()


def test_a_supervisor_watches_and_leaves_a_note(team: Team, sit_down: Opener) -> None:
    lin, boss, customer = sit_down("lin"), sit_down("boss", online=False), team.shop.customer("周周")
    customer.say("在吗")
    lin.accept(customer)
    boss.tab("others")
    boss.row(customer).locator("a").click()
    boss.words.fill("这位客户昨天问过退换")
    boss.words.press("Enter")
    expect(lin.messages.locator(".msg-note")).to_contain_text("这位客户昨天问过退换")
    assert customer.heard() == []


def test_a_conversation_is_handed_over_with_a_note(team: Team, sit_down: Opener) -> None:
    lin, li, customer = sit_down("lin"), sit_down("li"), team.shop.customer("周周")
    customer.say("在吗")
    lin.accept(customer)
    lin.press("Escape")
    lin.press("t")
    lin.page.locator("#transfer-to").select_option(label="小李")
    lin.page.locator("#transfer-note").fill("想要外景")
    lin.page.locator("#transfer").get_by_role("button", name="转接").click()
    li.tab("mine")
    li.row(customer).locator("a").click()
    expect(li.messages.locator(".msg-note")).to_contain_text("想要外景")
    expect(lin.talk).to_contain_text("小李 已接入")


def _owner(team: Team, openid: str) -> str:
    from tests.support.processes import wait_until

    def owner() -> str | None:
        rows = team.call(team.boss, "GET", f"conversations/?customer={openid}")["results"]
        return rows[0]["assignee"]["username"] if rows and rows[0]["assignee"] else None

    return wait_until(owner, within=10, what="owner")
