"""The main job: a customer writes, one agent answers in time, the supervisor sees it."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import Opener
from tests.e2e.desk import Team
from tests.support.shop import PICTURE

pytestmark = pytest.mark.e2e
Contexts = Callable[..., BrowserContext]


def test_a_word_on_the_phone_is_answered_by_one_of_two_agents(team: Team, sit_down: Opener, phone: Contexts) -> None:
    lin, li, customer = sit_down("lin"), sit_down("li"), team.shop.customer("周周")
    page = phone().new_page()
    page.goto(customer.phone_url)
    page.get_by_test_id("phone-input").fill("在吗")
    page.get_by_test_id("phone-input").press("Enter")
    for desk in (lin, li):
        expect(desk.row(customer)).to_be_visible()
        expect(desk.row(customer).locator("wait-mark")).to_have_attribute("look", "calm")
    before = int(li.row(customer).locator("wait-mark").inner_text())
    li.page.wait_for_timeout(1100)
    assert int(li.row(customer).locator("wait-mark").inner_text()) < before

    lin.press("a")
    expect(li.row(customer)).to_contain_text("小林 已接入")
    expect(li.page.locator("#announcer")).to_contain_text("小林 已接入")
    expect(li.row(customer)).to_have_count(0)
    expect(lin.words).to_be_focused()

    lin.page.keyboard.type("在的，请问您想拍哪种风格？")
    lin.press("Enter")
    expect(page.get_by_test_id("phone-messages")).to_contain_text("在的，请问您想拍哪种风格？")
    expect(lin.messages).to_contain_text("平台已接收")
    expect(lin.messages.locator(".round")).to_have_text(re.compile(r"本轮应答 \d+ 秒"))
    expect(lin.page.locator("quota-meter")).to_contain_text("4/5 条")
    assert customer.heard() == ["在的，请问您想拍哪种风格？"]


def test_pictures_go_both_ways(team: Team, sit_down: Opener, phone: Contexts, tmp_path: Path) -> None:
    lin, customer = sit_down("lin"), team.shop.customer("周周")
    customer.send_picture()
    lin.accept(customer)
    picture = lin.messages.get_by_alt_text("客户发来的图片")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 5
    picture.click()
    expect(lin.page.locator("#large img")).to_be_visible()
    lin.press("Escape")

    file = tmp_path / "sample.png"
    file.write_bytes(PICTURE)
    lin.page.locator("#picture").set_input_files(file)
    expect(lin.page.locator("#preview img")).to_be_visible()
    lin.words.press("Enter")
    page = phone().new_page()
    page.goto(customer.phone_url)
    expect(page.get_by_test_id("phone-messages").get_by_alt_text("图片")).to_have_count(2)
    expect(lin.messages.get_by_alt_text("发给客户的图片")).to_be_visible()


def test_the_supervisor_sees_the_round_and_its_response_time(team: Team, sit_down: Opener) -> None:
    lin, boss, customer = sit_down("lin"), sit_down("boss", online=False), team.shop.customer("周周")
    customer.say("在吗")
    lin.accept(customer)
    lin.say("在的")
    expect(lin.messages).to_contain_text("平台已接收")
    boss.page.goto(f"{team.product.base_url}/dashboard/")
    line = boss.page.locator("table.rounds tr", has_text=customer.openid[-4:])
    expect(line).to_contain_text("小林")
    expect(line).to_contain_text("已应答")
    expect(line).to_contain_text(re.compile(r"平台 \d.* · 排队 .* · 客服 .* · 发送 .*秒"))
    expect(boss.page.locator("#f-day")).to_contain_text("%")
    boss.page.locator("#f-day").click()
    expect(boss.page.locator("table.rounds tr", has_text=customer.openid[-4:])).to_be_visible()


def test_a_new_customer_is_on_the_list_within_a_second(team: Team, sit_down: Opener) -> None:
    lin = sit_down("lin")
    took = []
    for name in ("甲", "乙", "丙"):
        customer = team.shop.customer(name)
        started = time.monotonic()
        customer.say("在吗", wait=False)
        expect(lin.row(customer)).to_be_visible()
        took.append(time.monotonic() - started)
    assert median(took) < 1.0, took


def test_looking_at_a_queued_conversation_accepts_nothing(team: Team, sit_down: Opener) -> None:
    lin, customer = sit_down("lin"), team.shop.customer("周周")
    customer.say("想问下档期")
    lin.row(customer).locator("a").click()
    expect(lin.messages).to_contain_text("想问下档期")
    expect(lin.talk).to_contain_text("还没有人接入")
    expect(lin.words).to_have_count(0)
    assert team.conversation_of(customer)["status"] == "queued"
    customer.say("在的话回一下")
    expect(lin.messages).to_contain_text("在的话回一下")
