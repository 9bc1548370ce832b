"""Rounds as the services keep them, one event at a time, are the rounds that the messages tell."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from inbox.errors import InboxError
from inbox.models import Account, Conversation, Message, Round, User
from inbox.services.close import close, dismiss
from inbox.services.outside import fail_later, recall, see_outside
from inbox.services.resolve import resolve, retry
from metrics import services
from platforms.base import Receipt
from platforms.content import Text
from platforms.errors import ContentRefused, FateUnknown
from platforms.events import MessageRecalled, ReplyFailedLater, ReplySeenOutside
from routing.services.accept import accept
from tests.clock import at
from tests.factories import an_account, an_agent, answered, said, taken
from tests.support.settling import deliver_next

pytestmark = pytest.mark.django_db


class Walk:
    """One customer and one agent who do things at random, in an order that a seed repeats."""

    def __init__(self, seed: int) -> None:
        self.random, self.second = Random(seed), 0.0  # noqa: S311
        self.account: Account = an_account()
        self.agent: User = an_agent("", self.account)
        self.steps: list[str] = []

    def step(self) -> None:
        """Do one thing, if it may be done now."""
        self.second += self.random.choice([0, 0.5, 4, 31])
        one = self.random.choice(STEPS)
        self.steps.append(f"{self.second:g} {one.__name__}")
        try:
            one(self)
        except InboxError:
            self.steps[-1] += " (refused)"

    def live(self) -> Conversation | None:
        """The conversation that is not closed."""
        return Conversation.objects.filter(account=self.account).exclude(status="closed").first()

    def one_of(self, **which: Any) -> Message | None:
        """Some message."""
        found = list(Message.objects.filter(account=self.account, **which).order_by("pk"))
        return self.random.choice(found) if found else None


def write(walk: Walk) -> None:
    late = walk.random.choice([0, 0, 0, 3, 20, -2])
    text = walk.random.choice(["在吗", "谢谢"])
    said(walk.account, text, at=at(walk.second), sent_at=at(walk.second - late))


def take(walk: Walk) -> None:
    if conversation := walk.live():
        accept(conversation, agent=walk.agent, now=at(walk.second))


def say(walk: Walk) -> None:
    if conversation := walk.live():
        answered(conversation, walk.agent, at=at(walk.second))


def hand_over(walk: Walk) -> None:
    customer = walk.account.customers.first()
    outcomes = [Receipt(id=f"r{walk.second}-{len(walk.steps)}")] * 3 + [FateUnknown("?"), ContentRefused("no")]
    if customer is not None:
        deliver_next(customer.pk, at=at(walk.second), outcome=walk.random.choice(outcomes))


def decide(walk: Walk) -> None:
    if message := walk.one_of(state="unknown"):
        resolve(message.pk, sent=walk.random.random() < 0.6, by=walk.agent, now=at(walk.second))


def again(walk: Walk) -> None:
    if message := walk.one_of(author="agent", state="failed"):
        retry(message.pk, by=walk.agent, confirmed=True, now=at(walk.second))


def end(walk: Walk) -> None:
    if conversation := walk.live():
        close(conversation.pk, by=walk.agent, now=at(walk.second))


def wave_off(walk: Walk) -> None:
    if conversation := walk.live():
        dismiss(conversation.pk, by=walk.agent, now=at(walk.second))


def take_back(walk: Walk) -> None:
    if message := walk.one_of(author="customer", recalled_at=None):
        event: dict[str, Any] = {"id": message.external_id, "customer": message.customer.external_id}
        taken_back = MessageRecalled(key=f"recall {message.pk}", raw={}, recalled_at=at(walk.second), **event)
        recall(taken_back, account=walk.account, now=at(walk.second))


def bounce(walk: Walk) -> None:
    if message := walk.one_of(author="agent", state="sent"):
        event = {"id": message.external_id, "customer": message.customer.external_id, "reason": "blocked"}
        failed = ReplyFailedLater(key=f"fail {message.pk}", raw={}, failed_at=at(walk.second), **event)
        fail_later(failed, account=walk.account, now=at(walk.second))


def answer_outside(walk: Walk) -> None:
    if customer := walk.account.customers.first():
        number = f"o{len(walk.steps)}"
        sent_at = at(walk.second - walk.random.choice([0, 0, 2, 15]))
        event: dict[str, Any] = {"id": number, "customer": customer.external_id, "content": Text(text="在的")}
        seen = ReplySeenOutside(key=number, raw={}, sent_at=sent_at, **event)
        see_outside(seen, account=walk.account, received_at=at(walk.second), now=at(walk.second))


STEPS: list[Callable[[Walk], None]] = [
    *(write, write, write, take, say, say, hand_over, hand_over, hand_over),
    *(decide, again, end, wave_off, take_back, bounce, answer_outside),
]


def recalled(account: Account, message: Message, *, seconds: float) -> None:
    event = MessageRecalled(
        key=f"recall {message.pk}",
        id=message.external_id,
        customer=message.customer.external_id,
        recalled_at=at(seconds),
        raw={},
    )
    recall(event, account=account, now=at(seconds))


def differences() -> list[str]:
    return [str(difference) for difference in services.verify(services.Report())]


def test_an_answered_round_stays_so_although_a_later_word_of_it_was_taken_back() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(5))
    said(account, at=at(6))
    recalled(account, said(account, at=at(7)).message, seconds=8)
    deliver_next(conversation.customer_id, at=at(9))
    close(conversation.pk, by=agent, now=at(10))
    assert [row.state for row in Round.objects.order_by("pk")] == ["answered", "missed"]
    assert differences() == []


def test_a_reply_that_fails_later_joins_its_words_with_those_that_wait() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(5))
    deliver_next(conversation.customer_id, at=at(6), outcome=Receipt(id="r1"))
    said(account, at=at(7))
    failed = ReplyFailedLater(
        key="f", id="r1", customer=conversation.customer.external_id, reason="blocked", failed_at=at(8), raw={}
    )
    fail_later(failed, account=account, now=at(8))
    (waiting,) = Round.objects.exclude(state="withdrawn")
    assert (waiting.state, waiting.started_at, waiting.messages.count()) == ("open", at(0), 2)
    assert differences() == []


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_rounds_and_sums_stay_true(seed: int) -> None:
    walk = Walk(seed)
    write(walk)
    for _ in range(25):
        walk.step()
        found = differences()
        assert not found, [*walk.steps, *found]
    services.add_up()
    assert differences() == []
    assert Round.objects.exists()
