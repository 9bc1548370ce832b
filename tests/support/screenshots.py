"""`python -m tests.support.screenshots`: the pages with some life in them, wide and narrow, light and dark.

They are saved in var/screenshots, to be looked at.
"""

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.desk import DESK, PHONE, Desk, Team, state_of
from tests.support import chromium
from tests.support.processes import BASE_DIR
from tests.support.product import Person, Product, running_product

FOLDER = BASE_DIR / "var" / "screenshots"
NAMES = ("周周", "陈小鹿", "王先生", "许愿瓶", "李里", "豆豆妈")
WORDS = (
    "这个能开发票吗？急用",
    "羽绒服什么时候发货？",
    "想拍这种风格的",
    "主播说的优惠券在哪里领",
    "你好",
    "可以改地址吗",
)
VIEWS = {"desk": DESK, "phone": PHONE}


def main() -> int:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_product(Path(folder)) as product, sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium.require(), args=chromium.ARGUMENTS)
        team = a_team(product)
        conversation = enliven(team)
        for size, scheme, page in pages(browser, team, team.lin):
            shoot_inbox(page, team, conversation, f"{size}-{scheme}")
        for size, scheme, page in pages(browser, team, team.boss):
            page.goto(f"{product.base_url}/dashboard/")
            page.screenshot(path=FOLDER / f"dashboard-{size}-{scheme}.png", full_page=True)
        page = browser.new_page(viewport=PHONE)
        page.goto(product.base_url)
        page.screenshot(path=FOLDER / "sign-in.png")
        browser.close()
    print(f"Saved in {FOLDER}.")
    return 0


def a_team(product: Product) -> Team:
    """A shop with two agents and a supervisor."""
    shop = product.open_shop("wedding")
    hire = partial(product.hire, accounts=shop.key)
    lin, li = hire("lin", name="小林"), hire("li", name="小李")
    return Team(product, shop, lin=lin, li=li, boss=hire("boss", name="王主管", role="supervisor"))


def enliven(team: Team) -> int:
    """Customers who wait, and one who is talked to; the conversation."""
    for person in (team.lin, team.li):
        team.call(person, "PUT", "presence/", json={"state": "online"})
    customers = [team.shop.customer(name) for name in NAMES]
    customers[0].act("enter", session_from="goods:10086", wait=True)
    for customer, words in zip(customers, WORDS, strict=True):
        customer.say(words)
    talk = take(team, team.lin, team.conversation_of(customers[0])["id"], "在的，可以开电子发票")
    take(team, team.li, team.conversation_of(customers[1])["id"], "48 小时内发出")
    customers[0].act("card", title="云朵轻羽绒 短款", path="pages/goods/detail?id=10086", wait=True)
    customers[0].send_picture()
    team.call(team.lin, "POST", f"conversations/{talk}/notes/", json={"text": "昨天问过退换，态度要快"})
    team.shop.fail("window", on="send", times=1)
    team.call(team.lin, "POST", f"conversations/{talk}/messages/", json={"text": "已为您备注发顺丰"})
    customers[0].say("什么时候能到？")
    return talk


def take(team: Team, person: Person, conversation: int, words: str) -> int:
    """Accept and answer."""
    team.call(person, "POST", f"conversations/{conversation}/accept/")
    team.call(person, "POST", f"conversations/{conversation}/messages/", json={"text": words})
    return conversation


def pages(browser: Browser, team: Team, person: Person) -> Iterator[tuple[str, str, Page]]:
    """A page of every size and scheme, signed in."""
    for size, viewport in VIEWS.items():
        for scheme in ("light", "dark"):
            state = state_of(team, person, browser)
            context = browser.new_context(viewport=viewport, color_scheme=scheme, storage_state=state, locale="zh-CN")
            yield size, scheme, context.new_page()
            context.close()


def shoot_inbox(page: Page, team: Team, conversation: int, name: str) -> None:
    """The list with nothing open, and a conversation."""
    desk = Desk(page, team, team.lin)
    desk.open()
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"list-{name}.png")
    desk.open(f"/conversations/{conversation}/")
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"talk-{name}.png")


if __name__ == "__main__":
    import tests.support.plugin  # noqa: F401 - its servers

    sys.exit(main())
