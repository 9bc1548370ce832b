"""Customers of a test: what they say and see, through the twin's control API."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import httpx

TIMEOUT_SECONDS = 30.0
PICTURE = base64.b64decode(  # a red dot
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJg"
    "gg=="
)


@dataclass(frozen=True, slots=True)
class Twin:
    """The control API of the sandbox at `url`."""

    url: str

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The answer to `/sandbox/api<path>`; httpx.HTTPStatusError if it is refused."""
        answer = httpx.request(method, f"{self.url}/sandbox/api{path}", timeout=TIMEOUT_SECONDS, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def register(self, app_id: str, name: str, hook_url: str) -> dict[str, Any]:
        """A mini-program, with the secrets the platform made up for it."""
        return self.call("POST", "/apps", json={"app_id": app_id, "name": name, "hook_url": hook_url})


@dataclass(frozen=True, slots=True)
class Shop:
    """One mini-program, both here (`key`) and at the platform (`app_id`)."""

    twin: Twin
    app_id: str
    key: str
    name: str

    def customer(self, name: str) -> Customer:
        """Somebody who has not written yet."""
        made = self.twin.call("POST", f"/apps/{self.app_id}/customers", json={"name": name})
        return Customer(self, made["openid"], name)

    def fail(self, kind: str, **how: Any) -> None:
        """Let the platform misbehave: a `kind` of the sandbox's faults."""
        self.twin.call("POST", f"/apps/{self.app_id}/faults", json={"kind": kind, **how})

    def faults(self) -> list[dict[str, Any]]:
        """The misbehaviours that are still to come."""
        found: list[dict[str, Any]] = self.twin.call("GET", f"/apps/{self.app_id}/faults")["faults"]
        return found


@dataclass(frozen=True, slots=True)
class Customer:
    """One person on one mini-program."""

    shop: Shop
    openid: str
    name: str

    @property
    def path(self) -> str:
        """In the control API."""
        return f"/apps/{self.shop.app_id}/customers/{self.openid}"

    @property
    def phone_url(self) -> str:
        """The page of their phone."""
        return f"{self.shop.twin.url}/phone/{self.shop.app_id}/{self.openid}"

    def say(self, text: str, *, wait: bool = True) -> dict[str, Any]:
        """Write; with `wait` the push has been acknowledged on return."""
        return self.act("text", text=text, wait=wait)

    def send_picture(self) -> dict[str, Any]:
        """Send a small picture."""
        made = self.shop.twin.call("POST", f"/apps/{self.shop.app_id}/media", content=PICTURE)
        return self.act("image", media_id=made["media_id"], wait=True)

    def act(self, action: str, **fields: Any) -> dict[str, Any]:
        """Any action of the control API."""
        return self.shop.twin.call("POST", f"{self.path}/act", json={"action": action, **fields})

    def heard(self) -> list[str]:
        """The texts that arrived on the phone."""
        found = self.shop.twin.call("GET", f"{self.path}/messages")["messages"]
        said = [message["content"] for message in found if message["author"] == "agent" and message["accepted"]]
        return [content["content"] for content in said if "content" in content]
