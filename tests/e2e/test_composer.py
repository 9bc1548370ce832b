"""Writing: what Enter does, what cannot be sent and why, what happens when things fail."""

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.conftest import Opener
from tests.e2e.desk import Desk, Team
from tests.support.shop import Customer

pytestmark = pytest.mark.e2e

COMPOSE = """text => {
  const field = document.getElementById("words");
  const key = { key: "Enter", code: "Enter", bubbles: true, cancelable: true, isComposing: true, keyCode: 229 };
  field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
  return field.dispatchEvent(new KeyboardEvent("keydown", key));
}"""


@pytest.fixture
def customer(team: Team) -> Customer:
    """Somebody who asks."""
    customer = team.shop.customer("周周")
    customer.say("在吗")
    return customer


@pytest.fixture
def lin(sit_down: Opener, customer: Customer) -> Desk:
    """An agent who has them."""
    desk = sit_down("lin")
    desk.accept(customer)
    return desk


def test_enter_that_commits_a_word_of_an_input_method_sends_nothing(lin: Desk, customer: Customer) -> None:
    assert lin.page.evaluate(COMPOSE, "zaide")  # the event was left alone
    lin.page.wait_for_timeout(300)
    expect(lin.words).to_have_value("zaide")
    expect(lin.messages.locator(".msg-out")).to_have_count(0)
    assert customer.heard() == []


def test_an_input_method_at_work_types_on_after_the_page_changed(lin: Desk, customer: Customer) -> None:
    session = lin.page.context.new_cdp_session(lin.page)
    lin.words.focus()
    session.send("Input.imeSetComposition", {"text": "zai de", "selectionStart": 6, "selectionEnd": 6})
    customer.say("还在吗")
    expect(lin.messages).to_contain_text("还在吗")
    session.send("Input.insertText", {"text": "在的"})
    expect(lin.words).to_have_value("在的")
    lin.press("Enter")
    expect(lin.messages.locator(".msg-out")).to_contain_text("平台已接收")
    assert customer.heard() == ["在的"]


def test_shift_enter_breaks_the_line(lin: Desk, customer: Customer) -> None:
    lin.words.fill("第一行")
    lin.words.press("Shift+Enter")
    lin.page.keyboard.type("第二行")
    lin.words.press("Enter")
    expect(lin.messages.locator(".msg-out")).to_contain_text("平台已接收")
    assert customer.heard() == ["第一行\n第二行"]


def test_replies_arrive_in_the_order_in_which_they_were_written(lin: Desk, customer: Customer) -> None:
    for text in ("一", "二", "三"):
        lin.say(text)
    expect(lin.messages.locator(".msg-out .state", has_text="平台已接收")).to_have_count(3, timeout=15000)
    assert customer.heard() == ["一", "二", "三"]


def test_after_the_last_reply_the_composer_says_what_reopens_it(lin: Desk, customer: Customer) -> None:
    for number in range(5):
        lin.say(f"第 {number + 1} 条")
    expect(lin.page.locator("quota-meter")).to_contain_text("0/5 条")
    expect(lin.words).to_be_disabled()
    expect(lin.page.locator("#stopped")).to_have_text("回复条数已用完，客户再次发言后可回复。")
    expect(lin.messages.locator(".msg-out .state", has_text="平台已接收")).to_have_count(5, timeout=15000)
    lin.page.wait_for_timeout(1100)  # the platform's clock has whole seconds: what it took in this one would count
    customer.say("好的")
    expect(lin.words).to_be_enabled()
    expect(lin.page.locator("quota-meter")).to_contain_text("5/5 条")


def test_a_refused_reply_says_why_in_words_and_is_sent_again(lin: Desk, team: Team, customer: Customer) -> None:
    team.shop.fail("window", on="send", times=1)
    lin.say("您好")
    failed = lin.messages.locator(".msg.is-failed")
    expect(failed).to_contain_text("未发出：已过回复时限，客户再次发言后可回复")
    assert "45015" not in failed.inner_text()
    customer.say("在的")
    expect(lin.words).to_be_enabled()
    failed.get_by_role("button", name="重试").click()
    expect(lin.messages.locator(".msg-out")).to_contain_text("平台已接收")
    assert customer.heard() == ["您好"]


def test_a_reply_of_unknown_fate_is_settled_by_the_agent(lin: Desk, team: Team, customer: Customer) -> None:
    team.shop.fail("garbage", on="send", times=1)
    lin.say("您好")
    unknown = lin.messages.locator(".msg.is-unknown")
    expect(unknown).to_contain_text("结果未知", timeout=15000)
    unknown.get_by_role("button", name="客户已收到").click()
    expect(lin.messages.locator(".msg-out")).to_contain_text("平台已接收")
    assert customer.heard() == ["您好"]


def test_a_reply_sent_again_after_the_network_failed_arrives_once(lin: Desk, customer: Customer) -> None:
    lost: list[object] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())  # the server has it; the answer is lost
            route.abort()
        else:
            route.fallback()

    lin.page.route("**/api/v1/conversations/*/messages/", lose)
    lin.say("您好")
    again = lin.messages.get_by_role("button", name="重试")
    expect(again.or_(lin.messages.get_by_text("平台已接收"))).to_be_visible()
    if again.is_visible():
        again.click()
    expect(lin.messages.locator(".msg-out")).to_contain_text("平台已接收")
    expect(lin.messages.locator(".msg-out")).to_have_count(1)
    assert customer.heard() == ["您好"]


def test_a_note_stays_inside(lin: Desk, customer: Customer) -> None:
    lin.words.focus()
    lin.press("Alt+n")
    lin.page.keyboard.type("老客户")
    lin.press("Enter")
    expect(lin.messages.locator(".msg-note")).to_contain_text("备注 · 小林")
    assert customer.heard() == []


def test_a_draft_waits_for_its_conversation(lin: Desk, team: Team) -> None:
    other = team.shop.customer("王先生")
    other.say("你好")
    lin.words.fill("写到一半")
    lin.row(other).locator("a").click()
    expect(lin.messages).to_contain_text("你好")
    lin.page.go_back()
    expect(lin.words).to_have_value("写到一半")


def test_no_reply_needed_and_closing(lin: Desk, customer: Customer) -> None:
    lin.press("Escape")
    lin.press("d")
    expect(lin.messages).to_contain_text("小林 标记为无需回复")
    expect(lin.page.locator("[data-act=dismiss]")).to_be_hidden()
    lin.press("e")
    expect(lin.talk).to_contain_text("会话已结束")
    expect(lin.row(customer)).to_have_count(0)
    lin.tab("ended")
    expect(lin.page.locator("#ended .row").first).to_contain_text(customer.openid[-4:])


def test_closing_while_the_customer_waits_asks_first(lin: Desk, customer: Customer) -> None:
    lin.press("Escape")
    lin.press("e")
    expect(lin.page.locator("#sure")).to_contain_text("不回复就结束？")
    lin.press("Escape")
    expect(lin.words).to_be_visible()
