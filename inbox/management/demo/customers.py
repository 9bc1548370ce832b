"""Customers of the demo, and what they say: pushes as the platform writes them, through adapter and ingest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from inbox.models import Account, Conversation
from inbox.services.ingest import store
from platforms.base import Hook
from platforms.registry import get_platform
from routing.services.place import place


@dataclass(frozen=True, slots=True)
class Customer:
    """A stranger; `name` tells them apart and is nobody's name."""

    account: Account
    name: str

    @property
    def openid(self) -> str:
        """The same at every start."""
        return "o" + sha256(f"{self.account.key} {self.name}".encode()).hexdigest()[:27]


def say(customer: Customer, text: str, *, at: datetime, message_id: str = "") -> Conversation:
    """A word, received as it was said; the conversation it belongs to."""
    account = customer.account
    number = message_id or str(int(sha256(f"{customer.openid} {text} {at}".encode()).hexdigest()[:15], 16))
    push = {
        "ToUserName": account.address,
        "FromUserName": customer.openid,
        "CreateTime": int(at.timestamp()),
        "MsgType": "text",
        "Content": text,
        "MsgId": number,
    }
    opened = json.dumps(push, ensure_ascii=False).encode()
    hook = Hook(headers={"content-type": "application/json"}, query={}, body=b"", opened=opened, received_at=at)
    for event in get_platform(account.platform).parse(hook):
        store(event, account=account, received_at=at, place=place, now=at)
    rows = Conversation.objects.select_related("account").order_by("-id")
    return rows.filter(customer__account=account, customer__external_id=customer.openid)[0]
