"""What platforms tell us, in one vocabulary. Every event is stored once under (account, `key`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from platforms.content import Content

# What the database has room for. An adapter refuses a longer id (PayloadError) and cuts a longer entry value.
ID_CHARACTERS = 128
KEY_CHARACTERS = 255
ENTRY_CHARACTERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where the customer came in. `kind` is one of ours: `session_from`, `scene`, `card`, `ad`, `unknown`."""

    kind: str = "unknown"
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Common to all. `key` is unique per account whatever the platform's retries.

    `recipient` is the platform's id of the account it is for, "" where the platform does not say;
    `raw` is what came.
    """

    key: str
    recipient: str = ""
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """A customer said something. `sent_at` is the platform's time, aware UTC.

    `context` is what a reply must name (a message id or a code), "" where the platform asks for nothing.
    """

    id: str
    customer: str
    content: Content
    sent_at: datetime
    context: str = ""
    entry: Entry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEntered(Event):
    """A customer opened the chat and has said nothing yet."""

    customer: str
    entered_at: datetime
    entry: Entry
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySeenOutside(Event):
    """A colleague answered in the platform's own client."""

    id: str
    customer: str
    content: Content
    sent_at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecalled(Event):
    """A customer took back the message `id`."""

    id: str
    customer: str
    recalled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFailedLater(Event):
    """The platform took our reply `id` and could not deliver it after all; `reason` is its own word."""

    id: str
    customer: str
    reason: str
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock(Event):
    """There is something to fetch; `token` goes to `Platform.fetch`. Stored nowhere, so its key is ""."""

    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(Event):
    """Does not concern us (another product's event on the same URL); `kind` is the platform's name of it."""

    kind: str
