"""An agent's browser, in the words of the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page, StorageState, ViewportSize, expect

from tests.support.product import Person, Product
from tests.support.shop import Customer, Shop

DESK: ViewportSize = {"width": 1440, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass
class Team:
    """A shop and who works there."""

    product: Product
    shop: Shop
    lin: Person
    li: Person
    boss: Person
    states: dict[str, StorageState] = field(default_factory=dict)

    def person(self, username: str) -> Person:
        """By user name."""
        return next(each for each in (self.lin, self.li, self.boss) if each.username == username)

    def call(self, person: Person, method: str, path: str, **options: Any) -> Any:
        """The API's answer."""
        headers = {"Authorization": f"Token {person.token}"}
        url = f"{self.product.base_url}/api/v1/{path}"
        answer = httpx.request(method, url, headers=headers, timeout=30, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def waiting(self) -> list[int]:
        """What the database has in the queue, most urgent first."""
        return [row["id"] for row in self.call(self.boss, "GET", "conversations/?status=queued")["results"]]

    def conversation_of(self, customer: Customer) -> dict[str, Any]:
        """The live one."""
        rows = self.call(self.boss, "GET", f"conversations/?customer={customer.openid}")["results"]
        found: dict[str, Any] = rows[0]
        return found

    def clear(self) -> None:
        """Nobody waits, nobody is there."""
        for row in self.call(self.boss, "GET", "conversations/?limit=200")["results"]:
            self.call(self.boss, "POST", f"conversations/{row['id']}/close/")
        for person in (self.lin, self.li, self.boss):
            self.call(person, "PUT", "presence/", json={"state": "offline"})
        self.shop.twin.call("DELETE", f"/apps/{self.shop.app_id}/faults")


def state_of(team: Team, person: Person, browser: Browser) -> StorageState:
    """The cookies of somebody who has signed in, once for the whole run."""
    if person.username not in team.states:
        page = browser.new_page()
        sign_in(page, team.product.base_url, person)
        expect(page.locator("#light[data-light=on]")).to_be_visible()
        team.states[person.username] = page.context.storage_state()
        page.close()
    return team.states[person.username]


def sign_in(page: Page, base_url: str, person: Person) -> None:
    """Through the page."""
    page.goto(base_url)
    page.locator("[name=username]").fill(person.username)
    page.locator("[name=password]").fill(person.password)
    page.locator("[name=password]").press("Enter")


def name_of(customer: Customer) -> str:
    """What agents see of a customer whose name the platform does not tell."""
    return f"客户 {customer.openid[-4:]}"


@dataclass
class Desk:
    """Somebody at the inbox."""

    page: Page
    team: Team
    person: Person

    def open(self, path: str = "/") -> None:
        """Load it, and wait until it is connected."""
        self.page.goto(self.team.product.base_url + path)
        expect(self.page.locator("#light")).to_have_attribute("data-light", "on")

    def row(self, customer: Customer) -> Locator:
        """The customer's row, in whichever part of the list."""
        return self.page.locator("#rows .row", has_text=name_of(customer))

    def tab(self, name: str) -> None:
        """Show a part of the list."""
        self.page.locator(f"[role=tab][data-tab={name}]").click()

    def press(self, key: str) -> None:
        """A key."""
        self.page.keyboard.press(key)

    @property
    def words(self) -> Locator:
        """Where replies are written."""
        return self.page.locator("#words")

    @property
    def talk(self) -> Locator:
        """The open conversation."""
        return self.page.locator("#talk")

    @property
    def messages(self) -> Locator:
        """Its messages."""
        return self.page.locator("#messages")

    def accept(self, customer: Customer) -> None:
        """Take it by the button on its row."""
        self.row(customer).hover()
        self.row(customer).locator(".accept").click()
        expect(self.talk).to_have_attribute("data-customer", name_of(customer))
        expect(self.words).to_be_visible()

    def say(self, text: str) -> None:
        """Write a reply and send it with Enter."""
        self.words.fill(text)
        self.words.press("Enter")

    def shown(self) -> list[int]:
        """The conversations that the list shows, in order."""
        rows = self.page.locator("#rows .row:visible:not(.is-gone)").all()
        return [int(row.get_attribute("data-conversation") or 0) for row in rows]
