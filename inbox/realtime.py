"""What open pages are told, and to whom: group names and events, in one place.

A hint, at most once: every event carries the conversation's revision, and a page that sees a gap refetches. Events are
published once the transaction has committed, off the request; a bus that is away fails nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.db import transaction

from inbox import offload


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """Its row looks different: to the queue's viewers while queued, to its owner and to supervisors otherwise."""

    conversation: int


@dataclass(frozen=True, slots=True)
class ConversationTaken:
    """It left the queue of its account: `by` is the winner's user id."""

    conversation: int
    by: int


@dataclass(frozen=True, slots=True)
class ConversationLeft:
    """It left the desk of `agent` (user id): closed, requeued, transferred or taken over."""

    conversation: int
    agent: int


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message is new or has a new state: to those who have its conversation open."""

    message: int


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """An agent's state, capacity or load is another: to themselves and to supervisors of their accounts."""

    agent: int


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """What `user` may see is another (membership, password, disabled): their sockets close and come back."""

    user: int


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """An account was changed, paused or removed: caches forget it."""

    account: int


Event = (
    ConversationChanged
    | ConversationTaken
    | ConversationLeft
    | MessageChanged
    | PresenceChanged
    | AccessChanged
    | AccountChanged
)


def publish(event: Event) -> None:
    """Tell the open pages once the transaction has committed."""
    transaction.on_commit(partial(offload.run, partial(_broadcast, event)), robust=True)


def _broadcast(event: Event) -> None:
    from inbox import frames  # noqa: PLC0415 - frames render with the models; publishers need only the events

    frames.broadcast(event)
