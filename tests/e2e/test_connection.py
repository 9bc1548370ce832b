"""The socket is a hint: what was missed is fetched, and what is shown equals the database."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.desk import Team
from tests.support.processes import wait_until

pytestmark = pytest.mark.e2e


def test_what_was_missed_while_the_network_was_away_is_fetched(team: Team, sit_down: Opener) -> None:
    lin, li = sit_down("lin"), sit_down("li")
    first, second, third = (team.shop.customer(name) for name in "甲乙丙")
    first.say("在吗")
    second.say("在吗")
    expect(lin.row(second)).to_be_visible()

    lin.page.context.set_offline(True)
    expect(lin.page.locator("#away-bar")).to_contain_text("连接已断开")
    li.accept(first)
    third.say("在吗")
    expect(li.row(third)).to_be_visible()
    expect(lin.row(third)).to_have_count(0)

    lin.page.context.set_offline(False)
    expect(lin.page.locator("#away-bar")).to_be_hidden(timeout=15000)
    expect(lin.page.locator("#synced")).to_have_text(re.compile(r"已同步 \d\d:\d\d:\d\d"))
    assert wait_until(lambda: lin.shown() == team.waiting(), within=5, what="equal lists")
    expect(lin.row(third)).to_be_visible()


def test_messages_missed_meanwhile_are_there_afterwards(team: Team, sit_down: Opener) -> None:
    lin, customer = sit_down("lin"), team.shop.customer("周周")
    customer.say("在吗")
    lin.accept(customer)
    lin.words.fill("写到一半")
    lin.page.context.set_offline(True)
    expect(lin.page.locator("#away-bar")).to_be_visible()
    customer.say("还有一个问题")
    lin.page.context.set_offline(False)
    expect(lin.messages).to_contain_text("还有一个问题", timeout=15000)
    expect(lin.words).to_have_value("写到一半")


def test_without_a_socket_the_composer_still_sends(team: Team, sit_down: Opener) -> None:
    lin, customer = sit_down("lin"), team.shop.customer("周周")
    customer.say("在吗")
    lin.accept(customer)
    lin.page.route_web_socket(re.compile("/ws/inbox/"), lambda socket: socket.close())
    lin.page.reload()
    expect(lin.page.locator("#away-bar")).to_contain_text("你发送的内容仍会送出")
    lin.say("在的")
    expect(lin.messages).to_contain_text("在的")
    assert wait_until(lambda: customer.heard() == ["在的"], within=10, what="reply on the phone")


def test_a_dropped_frame_is_made_good_by_the_next_look_at_the_list(team: Team, sit_down: Opener) -> None:
    lin, customer = sit_down("lin"), team.shop.customer("周周")
    customer.say("在吗")
    expect(lin.row(customer)).to_be_visible()
    lin.page.evaluate("document.querySelector('#rows .row').remove()")
    expect(lin.row(customer)).to_be_visible(timeout=25000)
