"""Who looks, and what they may do with a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from inbox.models import Conversation, User
from routing.models import Agent
from routing.policy import may_answer, occupying


def viewer(request: HttpRequest) -> User:
    """The person behind a request of a page for people who are signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required
    return request.user


@dataclass(frozen=True, slots=True)
class May:
    """What a page offers; the services decide."""

    accept: bool
    reply: bool
    note: bool
    decide: bool  # close, transfer, dismiss, settle replies


def may(user: User, conversation: Conversation) -> May:
    """What `user` may do with it."""
    live = conversation.status != Conversation.Status.CLOSED
    mine = live and conversation.assignee_id == user.pk
    answers = live and may_answer(user, conversation)
    return May(
        accept=answers and conversation.status == Conversation.Status.QUEUED,
        reply=mine and answers,
        note=mine or (live and user.supervises and conversation.assignee_id is not None),
        decide=mine or (live and user.supervises and conversation.assignee_id is not None),
    )


@dataclass(frozen=True, slots=True)
class Presence:
    """What somebody chose, and how much they have."""

    state: str
    load: int
    capacity: int


def presence_of(user: User, *, now: datetime) -> Presence:
    """Offline for whoever was never there."""
    agent = Agent.objects.filter(pk=user.pk).first() or Agent(user=user)
    return Presence(agent.state, occupying(user.pk, now=now), agent.capacity)
