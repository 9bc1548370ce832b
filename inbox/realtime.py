"""What open pages are told, and to whom: group names and events, in one place.

A hint, at most once: every event carries the conversation's revision, and a page that sees a gap refetches. Events are
published once the transaction has committed, off the request; a bus that is away fails nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.db import close_old_connections, transaction
from django.utils import timezone

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
    transaction.on_commit(partial(_line.put, event), robust=True)


def _broadcast(events: Sequence[Event]) -> None:
    """The offload thread's part. Each event reads the state of now, so one that is here twice is told once."""
    from inbox import frames  # noqa: PLC0415 - frames render with the models; publishers need only the events

    try:
        frames.broadcast(list(dict.fromkeys(events)), now=timezone.now())
    finally:
        close_old_connections()


# Four queries serve any number of events; a page does not mind three hundredths of a second.
_line = offload.Line("frames", _broadcast, gap_seconds=0.03)


# --- groups: who hears a frame ------------------------------------------------------------------------------------
#
# What an agent may not read is never sent to a group they are in: the queue of an account for what nobody owns, one's
# own desk for what one owns, and `watch` for supervisors. A conversation's messages have a group per kind of viewer.

QUEUE = "queue"  # viewers of a conversation that is for everybody
WATCH = "watch"  # viewers who may see it whatever its status


def queue_group(account: int, language: str) -> str:
    """Agents of an account: rows that wait, and who took them."""
    return f"queue.{account}.{language}"


def watch_group(account: int, language: str) -> str:
    """Supervisors of an account: rows whatever their status, presence."""
    return f"watch.{account}.{language}"


def desk_group(user: int, language: str) -> str:
    """One person's own conversations and presence."""
    return f"desk.{user}.{language}"


def talk_group(conversation: int, viewer: int | str, language: str) -> str:
    """A conversation's messages: for its owner (a user id), for everybody while it waits (QUEUE), or for WATCH."""
    return f"talk.{conversation}.{viewer}.{language}"


def user_group(user: int) -> str:
    """All sockets of one person: what is said here closes them."""
    return f"user.{user}"


ACCOUNTS = "accounts"  # ids of accounts that were changed: caches forget them
