"""The phone page in a browser: a customer types, the shop answers, the platform misbehaves."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.platforms.sandbox.test_served import free_port, served
from tests.platforms.sandbox.world import APP, OPENID, PNG

API = "/sandbox/api/apps"


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[httpx.Client]:
    """A served twin with an app and a customer."""
    with served(tmp_path, free_port()) as client:
        client.post(API, json={"app_id": APP, "name": "云朵服饰", "app_secret": "s" * 32})
        client.post(f"{API}/{APP}/customers", json={"openid": OPENID, "name": "小林"})
        yield client


@pytest.fixture
def page(browser: Browser, twin: httpx.Client) -> Iterator[Page]:
    """The customer's phone, on which nothing goes wrong unseen."""
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.goto(f"{twin.base_url}/phone/{APP}/{OPENID}")
    expect(page.get_by_test_id("phone-messages")).to_be_visible()
    yield page
    page.close()
    assert problems == []


def call(twin: httpx.Client, path: str, data: dict[str, Any]) -> int:
    """A call of the shop's; the errcode."""
    asked = {"grant_type": "client_credential", "appid": APP, "secret": "s" * 32}
    token = twin.post("/cgi-bin/stable_token", json=asked).json()["access_token"]
    body = json.dumps({"touser": OPENID} | data, ensure_ascii=False).encode()
    errcode: int = twin.post(path, params={"access_token": token}, content=body).json()["errcode"]
    return errcode


def reply(twin: httpx.Client, text: str) -> int:
    return call(twin, "/cgi-bin/message/custom/send", {"msgtype": "text", "text": {"content": text}})


def said(twin: httpx.Client) -> list[dict[str, Any]]:
    return list(twin.get(f"{API}/{APP}/customers/{OPENID}/messages").json()["messages"])


def test_a_customer_writes_and_is_answered(page: Page, twin: httpx.Client) -> None:
    page.get_by_test_id("phone-input").fill("在吗")
    page.get_by_test_id("phone-input").press("Enter")
    talk = page.get_by_test_id("phone-messages")
    expect(talk).to_contain_text("在吗")
    expect(page.get_by_test_id("phone-input")).to_have_value("")
    expect(page.locator("#quota")).to_contain_text("5 条，还剩 47:59:")
    call(twin, "/cgi-bin/message/custom/typing", {"command": "Typing"})
    expect(page.get_by_text("对方正在输入…")).to_be_visible()
    assert reply(twin, "在的，<b>您</b>说") == 0
    expect(talk).to_contain_text("在的，<b>您</b>说")
    expect(page.get_by_text("对方正在输入…")).not_to_be_visible()
    expect(page.get_by_test_id("call-log")).to_contain_text("发送回复：在的")


def test_the_enter_of_an_input_method_sends_nothing(page: Page, twin: httpx.Client) -> None:
    page.get_by_test_id("phone-input").fill("zaima")
    page.get_by_test_id("phone-input").evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.get_by_test_id("phone-input").press("Shift+Enter")
    expect(page.get_by_test_id("phone-input")).to_have_value("zaima\n")
    assert said(twin) == []


def test_a_picture_a_card_and_an_entering(page: Page, twin: httpx.Client) -> None:
    page.get_by_role("button", name="图片、卡片、进入会话").click()
    page.get_by_role("button", name="进入会话", exact=True).click()
    page.get_by_label("session-from").fill("order:1")
    page.get_by_role("button", name="进入", exact=True).click()
    expect(page.get_by_text("进入客服会话（order:1）")).to_be_visible()
    page.get_by_role("button", name="图片、卡片、进入会话").click()
    page.get_by_label("图片", exact=True).set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.get_by_role("img", name="图片")).to_be_attached()
    page.get_by_role("button", name="图片、卡片、进入会话").click()
    page.get_by_role("button", name="小程序卡片").click()
    page.get_by_role("button", name="发送", exact=True).and_(page.locator("dialog button")).click()
    expect(page.get_by_test_id("phone-messages")).to_contain_text("云朵羽绒服")
    assert [each["type"] for each in said(twin)] == ["enter", "image", "miniprogrampage"]


def test_a_fault_is_armed_shown_and_cleared(page: Page, twin: httpx.Client) -> None:
    page.get_by_test_id("phone-input").fill("在吗")
    page.get_by_test_id("phone-input").press("Enter")
    page.get_by_label("持续").select_option("三次")
    page.get_by_role("button", name="条数用完 45047").click()
    armed = page.get_by_role("list", name="已安排的故障")
    expect(armed).to_contain_text("条数用完 45047 · 3 次")
    assert reply(twin, "在的") == 45047
    expect(armed).to_contain_text("2 次")
    page.get_by_role("button", name="清除 条数用完 45047").click()
    expect(armed).to_be_empty()
    assert reply(twin, "在的") == 0


def test_a_push_that_fails_is_told_on_the_phone(page: Page, twin: httpx.Client) -> None:
    twin.post(API, json={"app_id": APP, "hook_url": "http://127.0.0.1:1/"})
    page.get_by_test_id("phone-input").fill("在吗")
    page.get_by_test_id("phone-input").press("Enter")
    expect(page.get_by_test_id("phone-messages")).to_contain_text("该小程序客服暂时无法提供服务，请稍后再试")


def test_the_clock_jumps_past_the_window(page: Page, twin: httpx.Client) -> None:
    page.get_by_test_id("phone-input").fill("在吗")
    page.get_by_test_id("phone-input").press("Enter")
    page.get_by_role("button", name="+48 小时").click()
    expect(page.locator("#quota")).to_have_text("0 条，顾客发言后才能回复")
    expect(page.locator("#offset")).to_have_text("比现在快 48:00:00")
    assert reply(twin, "在的") == 45015
    page.get_by_role("button", name="回到现在").click()
    expect(page.locator("#quota")).to_contain_text("5 条")


def test_a_new_customer_gets_a_phone(page: Page) -> None:
    page.get_by_role("button", name="新顾客").click()
    page.get_by_label("名字").fill("阿青")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("#customer option:checked")).to_have_text("阿青")
    expect(page.get_by_test_id("phone-input")).to_be_focused()


def test_a_page_opened_too_early_shows_the_app_when_it_comes(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path, free_port()) as client:
        page = browser.new_page()
        page.goto(str(client.base_url))
        expect(page.get_by_text("还没有小程序")).to_be_visible()
        client.post(API, json={"app_id": APP, "name": "云朵服饰"})
        expect(page.get_by_role("heading", name="云朵服饰")).to_be_visible()
        page.close()


@pytest.mark.parametrize("view", ["phone", "platform", "calls"])
def test_a_narrow_page_fits(page: Page, view: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(f"[data-show={view}]").click()
    expect(page.locator(f"[data-panel={view}]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, twin: httpx.Client, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.get_by_role("button", name="图片、卡片、进入会话").click()
    page.get_by_test_id("phone-input").fill("在吗")
    page.get_by_test_id("phone-input").press("Enter")
    reply(twin, '在的，<a href="https://example.com">看这里</a>')
    page.get_by_role("button", name="响应慢").click()
    expect(page.get_by_role("link", name="看这里")).to_be_visible()
    page.get_by_test_id("call-log").locator("summary").first.click()
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert results.violations_count == 0, results.generate_report()
