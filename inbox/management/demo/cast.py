"""The demo's shops and people. Secrets are made up once and kept, encrypted, with the account."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from inbox.models import Account, User
from inbox.services.accounts import Wanted, create
from inbox.services.people import Person, create_user
from routing.services.capacity import set_capacity

PASSWORD = "onequeue"  # noqa: S105 - printed on the terminal


@dataclass(frozen=True, slots=True)
class Shop:
    """A mini-program of the demo."""

    key: str
    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works in all shops."""

    username: str
    name: str
    role: str


OPEN_ALL_DAY = {"service_hours": "00:00-24:00"}
SHOPS = (
    Shop("wedding", "全球婚纱摄影", {**OPEN_ALL_DAY, "push_mode": "secure", "push_format": "json"}),
    Shop("fruit", "山里果园", {**OPEN_ALL_DAY, "push_mode": "secure", "push_format": "xml"}),
)
COLLEAGUES = (
    Colleague("lin", "小林", User.Role.AGENT),
    Colleague("jie", "阿杰", User.Role.AGENT),
    Colleague("ting", "婷婷", User.Role.AGENT),
    Colleague("boss", "王主管", User.Role.SUPERVISOR),
    Colleague("admin", "管理员", User.Role.ADMIN),
)
AGENTS = tuple(each.username for each in COLLEAGUES if each.role == User.Role.AGENT)


def hire_and_open(*, now: datetime) -> list[Account]:
    """Make all of them. Invalid if a name is taken."""
    accounts = [
        create(
            Wanted(
                platform="mini_program", key=shop.key, name=shop.name, secrets=new_secrets(), settings=shop.settings
            ),
            by=None,
            now=now,
        )
        for shop in SHOPS
    ]
    for each in COLLEAGUES:
        keys = tuple(shop.key for shop in SHOPS)
        person = Person(username=each.username, password=PASSWORD, role=each.role, real_name=each.name, accounts=keys)
        set_capacity(create_user(person, by=None, now=now), 8, by=None, now=now)
    return accounts


def logins() -> list[dict[str, str]]:
    """For the terminal."""
    return [
        {"username": each.username, "password": PASSWORD, "role": str(each.role), "name": each.name}
        for each in COLLEAGUES
    ]


def new_secrets() -> dict[str, str]:
    """Of a mini-program, as its console would give them."""
    return {
        "app_id": f"wx{token_hex(8)}",
        "app_secret": token_hex(16),
        "token": token_hex(8),
        "encoding_aes_key": base64.b64encode(os.urandom(32)).decode().rstrip("="),
        "original_id": f"gh_{token_hex(6)}",
    }
