"""Customers who wait right now. Where the platforms' twin runs they wrote there, so that answers reach their phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from inbox.management.demo.customers import Customer, say
from inbox.models import Account
from inbox.models import Customer as Known
from inbox.services.accounts import hook_url

TIMEOUT_SECONDS = 5.0
WAITING = (
    ("王女士", "你好，想问一下周六还能预约拍摄吗？"),
    ("小陈", "苹果一箱多重？包邮吗"),
    ("丽丽", "在吗"),
)


def register(accounts: Sequence[Account], *, twin: str) -> None:
    """Make the apps known to the twin at this address, with the secrets we have. httpx.HTTPError."""
    for account in accounts:
        settings = {name: account.options[name] for name in ("push_mode", "push_format")}
        app = {**account.secrets, **settings, "name": account.name, "hook_url": hook_url(account)}
        _call(f"{twin}/sandbox/api/apps", app)


def let_wait(accounts: Sequence[Account], *, twin: str, now: datetime) -> None:
    """Three customers write, unless they have before. httpx.HTTPError."""
    for number, (name, text) in enumerate(WAITING):
        customer = Customer(accounts[number % len(accounts)], f"now-{number}")
        if Known.objects.filter(account=customer.account, external_id=customer.openid).exists():
            continue
        if twin:
            _write_at(twin, customer, name=name, text=text)
        else:
            say(customer, text, at=now - timedelta(seconds=5 * number))


def _write_at(twin: str, customer: Customer, *, name: str, text: str) -> None:
    """The twin pushes it again until our web process is there; what we know already is then stored once."""
    base = f"{twin}/sandbox/api/apps/{customer.account.app_id}/customers"
    _call(base, {"openid": customer.openid, "name": name})
    said = _call(f"{base}/{customer.openid}/act", {"action": "text", "text": text})
    say(customer, text, at=datetime.fromisoformat(said["at"]), message_id=str(said["msg_id"]))


def _call(url: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = httpx.post(url, json=dict(body), timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
