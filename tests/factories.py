"""Builders: plain functions, everything with a default."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from inbox.models import Account, Conversation, Membership, Message, User
from inbox.services.receive import Received, receive
from inbox.services.reply import Draft, reply
from platforms.content import Content, Text
from platforms.events import MessageReceived
from routing.models import Agent
from routing.services.accept import accept
from tests.clock import NOON

_numbers = count(1)


def an_account(key: str = "", **fields: Any) -> Account:
    """A mini-program, open all day."""
    key = key or f"mini-{next(_numbers)}"
    secrets = {
        "app_id": f"wx{key}",
        "app_secret": "secret",
        "token": "token",
        "encoding_aes_key": "a" * 43,
        "original_id": "",
    }
    defaults = {
        "platform": "mini_program",
        "name": key,
        "secrets": secrets,
        "service_hours": "00:00-24:00",
        "created_at": NOON,
    }
    return Account.objects.create(key=key, **{**defaults, **fields})


def a_user(username: str = "", *, role: str = User.Role.AGENT, accounts: tuple[Account, ...] = ()) -> User:
    """Somebody who works on `accounts`."""
    user = User(username=username or f"user-{next(_numbers)}", role=role)
    user.set_unusable_password()
    user.save()
    for account in accounts:
        Membership.objects.create(account=account, user=user)
    return user


def an_agent(
    username: str = "", *accounts: Account, capacity: int = 8, now: datetime = NOON, online: bool = True
) -> User:
    """An agent who has been online for a while and stays connected for a day."""
    user = a_user(username, accounts=accounts)
    state = Agent.State.ONLINE if online else Agent.State.OFFLINE
    Agent.objects.create(
        user=user, state=state, state_since=now, connected_until=now + timedelta(days=1), capacity=capacity
    )
    return user


def a_word(
    text: str | Content = "在吗",
    *,
    name: str = "",
    customer: str = "customer-1",
    sent_at: datetime = NOON,
    **fields: Any,
) -> MessageReceived:
    """What a customer said, as an adapter parses it."""
    content = Text(text=text) if isinstance(text, str) else text
    name = name or f"m{next(_numbers)}"
    fields.setdefault("raw", {})
    return MessageReceived(key=f"m:{name}", id=name, customer=customer, content=content, sent_at=sent_at, **fields)


def said(account: Account, text: str | Content = "在吗", *, at: datetime = NOON, **fields: Any) -> Received:
    """A customer's word, received the moment it was said."""
    fields.setdefault("sent_at", at)
    received = receive(a_word(text, **fields), account=account, received_at=at, now=at)
    assert received is not None
    return received


def taken(account: Account, agent: User, *, at: datetime = NOON, **fields: Any) -> Conversation:
    """A conversation that `agent` accepted the moment it came."""
    return accept(said(account, at=at, **fields).conversation, agent=agent, now=at)


def answered(conversation: Conversation, agent: User, text: str = "在的，请讲", *, at: datetime = NOON) -> Message:
    """A reply, standing in line."""
    message, _ = reply(conversation.pk, Draft(content=Text(text=text)), author=agent, now=at)
    return message
