"""What routing does when a customer's word was stored, in the same transaction."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from inbox.models import Assignment, Conversation, Message
from inbox.services import rounds
from inbox.services.receive import Received
from routing.models import Agent
from routing.policy import occupying, online_for
from routing.services.accept import lock_agents
from routing.services.presence import web_was_up
from routing.services.requeue import requeue_locked


def place(received: Received, *, now: datetime) -> None:
    """Requeue it when its owner is not there; keep a reopened one a moment for who had it; note if nobody is."""
    conversation = received.conversation
    if not received.rings:
        return
    if conversation.assignee_id is not None and not _is_there(conversation.assignee_id, now=now):
        requeue_locked(conversation, why=Assignment.Ended.GONE, now=now)
    if received.opened and conversation.status == Conversation.Status.QUEUED:
        _keep_for_last(conversation, received.message, now=now)
        if not online_for(conversation, now=now).exists():
            rounds.flag_unattended(conversation)


def _is_there(user_id: int, *, now: datetime) -> bool:
    agent = Agent.objects.filter(pk=user_id).first()
    if agent is None or agent.state == Agent.State.OFFLINE:
        return False
    return agent.is_connected(now) or not web_was_up(now)


def _keep_for_last(conversation: Conversation, message: Message, *, now: datetime) -> None:
    """A conversation that has just reopened waits some seconds for the agent who had it, if online with room."""
    last = conversation.last_assignee_id
    reopened = conversation.queued_at == now and conversation.opened_at < now
    if last is None or not reopened:
        return
    if not online_for(conversation, now=now).filter(pk=last).exists():
        return
    row = lock_agents(last)[last]
    if occupying(last, now=now) < row.capacity:
        conversation.reserved_for_id = last
        conversation.reserved_until = now + settings.REOPEN_EXCLUSIVE
        conversation.save(update_fields=["reserved_for", "reserved_until"])
