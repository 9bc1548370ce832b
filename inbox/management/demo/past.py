"""A past day, lived through by the real services with the clock of then: some fast, some slow, some never answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice

from inbox.management.demo.customers import Customer, say
from inbox.models import Account, Conversation, User
from inbox.services.annotate import tag
from inbox.services.close import close, dismiss
from inbox.services.deliver import claim
from inbox.services.reply import Draft, reply
from inbox.services.settle import settle
from platforms.base import Receipt
from platforms.content import Text
from routing.services.accept import accept

CONVERSATIONS = 20
SPREAD = timedelta(hours=23, minutes=30)
ENDED_BEFORE = timedelta(minutes=15)
TAKES = timedelta(milliseconds=300)  # the platform, to take a reply

TALKS: Sequence[Sequence[tuple[str, str]]] = (
    (("在吗", "在的，请问想了解哪一款？"), ("这件有 M 码吗", "M 码有现货，今天下单今天发。")),
    (("什么时候发货呀", "付款后 24 小时内发出，发货后会短信通知您。"),),
    (("能便宜点吗", "现在满 200 减 30，已经是最低价了哦。"), ("那我下单了", "好的，给您备注优先发货。")),
    (("地址填错了怎么办", "请发一下新地址，我马上帮您改。"),),
    (("收到的果子坏了两个", "非常抱歉，拍张照片给我，马上给您补发。"), ("图片发了", "收到，已经登记补发，明天出库。")),
    (("婚纱照套餐含几套衣服", "基础套餐含 4 套，可以加选。"),),
    (("可以开发票吗", "可以，订单完成后在订单页申请电子发票。"),),
    (("怎么还没有到", "我帮您查一下物流，稍后回复您。"), ("好的谢谢", "")),
)
# seconds until the reply; None: nobody ever answered
DELAYS = (6, 11, 19, 24, 8, 42, 15, 28, 95, 13, 21, 33, 9, 17, None, 26, 12, 55, 7, 240, 14)
TAGS = ("尺码", "发货", "价格", "售后")


@dataclass(frozen=True, slots=True)
class Scene:
    """One conversation of the past."""

    number: int
    account: Account
    agent: User
    customer: Customer
    begins_at: datetime
    talk: Sequence[tuple[str, str]]
    delays: Sequence[int | None]


def live_through(accounts: Sequence[Account], agents: Sequence[User], *, now: datetime) -> None:
    """The day before `now`. The agents are online all day, which is the caller's to arrange."""
    for scene in scenes(accounts, agents, now=now):
        play(scene)


def scenes(accounts: Sequence[Account], agents: Sequence[User], *, now: datetime) -> Iterator[Scene]:
    """From the oldest to the newest, none overlapping with another of the same customer."""
    delays = cycle(DELAYS)
    for number in range(CONVERSATIONS):
        talk = TALKS[number % len(TALKS)]
        account = accounts[number % len(accounts)]
        begins_at = now - ENDED_BEFORE - SPREAD * (CONVERSATIONS - number) / CONVERSATIONS
        yield Scene(
            number=number,
            account=account,
            agent=agents[number % len(agents)],
            customer=Customer(account, f"past-{number}"),
            begins_at=begins_at.replace(microsecond=0),
            talk=talk,
            delays=list(islice(delays, len(talk))),
        )


def play(scene: Scene) -> None:
    """From the first word to the close."""
    at, conversation = scene.begins_at, None
    for (word, answer), delay in zip(scene.talk, scene.delays, strict=True):
        conversation = say(scene.customer, word, at=at)
        if delay is None:
            at += timedelta(minutes=4)
            continue
        if conversation.status == Conversation.Status.QUEUED:
            accept(conversation, agent=scene.agent, now=at + timedelta(seconds=min(delay // 2, 12)))
        at += timedelta(seconds=delay)
        if answer:
            respond(conversation, answer, agent=scene.agent, at=at)
        else:
            dismiss(conversation.pk, by=scene.agent, now=at)
        at += timedelta(seconds=35)
    if conversation is not None:
        tag(conversation.pk, [TAGS[scene.number % len(TAGS)]], by=scene.agent, now=at)
        close(conversation.pk, by=None, now=at + timedelta(minutes=2))


def respond(conversation: Conversation, text: str, *, agent: User, at: datetime) -> None:
    """A reply that the platform took."""
    reply(conversation.pk, Draft(content=Text(text=text)), author=agent, now=at)
    attempt = claim(conversation.customer_id, now=at)
    if attempt is None:
        raise RuntimeError("a reply of the past may not leave")
    settle(attempt.message, attempt=attempt.number, key=attempt.key, outcome=Receipt(), now=at + TAKES)
