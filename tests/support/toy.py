"""A platform unlike the mini-program in everything the contract allows.

Its pushes only knock and are fetched by cursor, several accounts share one URL, a reply must name a context, a repeated
attempt key is taken once, and it reports recalls, colleagues' replies and failures afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from platforms.base import Access, Answer, Feature, Field, Hook, Identity, Page, Platform, Receipt, SendContext
from platforms.content import Content, Text
from platforms.errors import FateUnknown, SignatureError
from platforms.events import Event, Knock, MessageRecalled, MessageReceived, ReplyFailedLater, ReplySeenOutside
from platforms.limits import ALLOWANCES, Allowance, GrantKind
from platforms.timestamps import from_seconds


class Toy(Platform):
    """`server` is what it would fetch from and send to."""

    kind = "toy"
    features = frozenset({Feature.TEXT, Feature.KNOCKS, Feature.IDEMPOTENT})
    secrets = (Field("corp"), Field("desk"))
    settings: ClassVar[tuple[Field, ...]] = ()
    default_api_base = "https://toy.invalid"
    api_base_variable = "TOY_API_BASE"
    pages: ClassVar[list[list[Event]]] = []
    sent: ClassVar[list[SendContext]] = []
    lose_answers: ClassVar[int] = 0

    def identity(self, secrets: Mapping[str, str]) -> Identity:
        return Identity(app=secrets["corp"], address=secrets["desk"])

    def open(self, hook: Hook, access: Access) -> bytes:
        if hook.headers.get("x-toy") != access.secrets["corp"]:
            raise SignatureError("x-toy")
        return hook.body

    def acknowledge(self, hook: Hook) -> Answer:
        return Answer(b"")

    def parse(self, hook: Hook) -> list[Event]:
        data = json.loads(hook.opened)
        return [Knock(key="", recipient=data["desk"], token=data["token"], raw=data)]

    def fetch(self, cursor: str, *, knock: str, access: Access) -> Page:
        position = int(cursor or 0)
        return Page(self.pages[position], str(position + 1), more=position + 1 < len(self.pages))

    def send(self, content: Content, *, context: SendContext) -> Receipt:
        type(self).sent.append(context)
        if len(self.sent) <= self.lose_answers:
            raise FateUnknown("time-out")
        return Receipt(id=f"r-{context.attempt_key}")


def install(monkeypatch: Any) -> type[Toy]:
    """Register it as a fifth platform would be, for one test."""
    monkeypatch.setitem(_registered(), "toy", "tests.support.toy.Toy")
    monkeypatch.setitem(ALLOWANCES, ("toy", GrantKind.MESSAGE), Allowance(5, timedelta(hours=48)))
    Toy.pages, Toy.sent, Toy.lose_answers = [], [], 0
    return Toy


def _registered() -> dict[str, str]:
    from platforms.registry import PLATFORMS

    return PLATFORMS


def a_toy_word(number: int, text: str = "在吗", *, customer: str = "c1", desk: str = "desk-1") -> MessageReceived:
    """A word that must be answered in its context."""
    return MessageReceived(
        key=f"m:{number}",
        recipient=desk,
        id=f"m{number}",
        customer=customer,
        content=Text(text=text),
        sent_at=from_seconds(1_767_585_600 + number),
        context=f"ctx-{number}",
        raw={"n": number},
    )


def taken_back(number: int) -> MessageRecalled:
    return MessageRecalled(
        key=f"back:{number}", id=f"m{number}", customer="c1", recalled_at=from_seconds(1_767_585_700), raw={}
    )


def seen_outside(number: int) -> ReplySeenOutside:
    return ReplySeenOutside(
        key=f"out:{number}",
        id=f"o{number}",
        customer="c1",
        content=Text(text="我来回"),
        sent_at=from_seconds(1_767_585_610),
        raw={},
    )


def failed_later(reply: str) -> ReplyFailedLater:
    return ReplyFailedLater(
        key=f"fail:{reply}", id=reply, customer="c1", reason="拒收", failed_at=from_seconds(1_767_585_700), raw={}
    )
