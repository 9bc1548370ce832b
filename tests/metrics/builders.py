"""Rounds and messages as they come to be stored, without the services that store them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from inbox.models import Account, Assignment, Conversation, Customer, Message, Round, RoundChange, User
from tests.clock import NOON

_numbers = count(1)


def a_conversation(account: Account, *, opened_at: datetime = NOON) -> Conversation:
    """A closed one, of a new customer."""
    customer = Customer.objects.create(account=account, external_id=f"customer-{next(_numbers)}", created_at=opened_at)
    return Conversation.objects.create(
        account=account,
        customer=customer,
        status=Conversation.Status.CLOSED,
        opened_at=opened_at,
        queued_at=opened_at,
        closed_at=opened_at,
        urgent_at=opened_at,
        active_at=opened_at,
    )


def a_message(conversation: Conversation, author: str, *, at: datetime, **fields: Any) -> Message:
    """Stored at `at`; a customer's was said at the same moment, a reply is taken at `sent_at`."""
    defaults = {"state": "received", "type": "text", "sent_at": at, "received_at": at}
    return Message.objects.create(
        conversation=conversation,
        account_id=conversation.account_id,
        customer_id=conversation.customer_id,
        author=author,
        **{**defaults, **fields},
    )


def a_reply(conversation: Conversation, agent: User, *, at: datetime, **fields: Any) -> Message:
    """Written and taken at `at`."""
    reply = a_message(conversation, "agent", at=at, sender=agent, **{"state": "sent", **fields})
    if reply.position is None:
        reply.position = reply.pk
        reply.save(update_fields=["position"])
    return reply


def a_round(
    account: Account,
    *,
    wait: float | None = None,
    state: str = "",
    start: datetime = NOON,
    agent: User | None = None,
    conversation: Conversation | None = None,
    **fields: Any,
) -> Round:
    """Answered by `agent` after `wait` seconds, or ended in `state`; without a wait it is open."""
    is_first = conversation is None
    conversation = conversation or a_conversation(account, opened_at=start)
    state = state or ("open" if wait is None else "answered")
    ended_at = None if wait is None else start + timedelta(seconds=wait)
    reply = None
    if state == "answered":
        assert agent is not None
        assert ended_at is not None
        reply = a_reply(conversation, agent, at=ended_at)
    row = Round.objects.create(
        account=account,
        conversation=conversation,
        **{
            "state": state,
            "is_first": is_first,
            "started_at": start,
            "received_at": start,
            "handed_at": start,
            "accepted_at": start if reply else None,
            "ended_at": ended_at,
            "agent": agent,
            "reply": reply,
            **fields,
        },
    )
    a_change(row)
    return row


def owned(conversation: Conversation, agent: User) -> None:
    """Reopened and given to `agent`."""
    Assignment.objects.create(conversation=conversation, agent=agent, started_at=conversation.opened_at)
    conversation.status, conversation.assignee, conversation.closed_at = "assigned", agent, None
    conversation.save(update_fields=["status", "assignee", "closed_at"])


def a_change(row: Round) -> None:
    """What `inbox` leaves for `metrics` in the transaction that changes a round."""
    hour = row.started_at.replace(minute=0, second=0, microsecond=0)
    RoundChange.objects.create(account_id=row.account_id, agent_id=row.agent_id, hour=hour)
