"""Who may be given a conversation, and how much one person can carry."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from inbox.models import Account, Conversation, Membership, User
from routing.models import Agent, Group


def occupying(user_id: int, *, now: datetime) -> int:
    """Conversations that really occupy an agent: somebody waits, or something was said in the last minutes."""
    held = Conversation.objects.filter(assignee_id=user_id, status=Conversation.Status.ASSIGNED)
    return held.filter(Q(waiting_since__isnull=False) | Q(active_at__gt=now - settings.ACTIVE_FOR)).count()


def may_answer(user: User, conversation: Conversation) -> bool:
    """A member with the right to reply, and of the group it was given to."""
    member = Membership.objects.filter(account_id=conversation.account_id, user=user, may_reply=True)
    in_group = conversation.group_id is None or user.service_groups.filter(pk=conversation.group_id).exists()
    return in_group and member.exists()


def answering(group: Group, account: Account) -> QuerySet[User]:
    """The members of a group who may answer on an account."""
    members = Membership.objects.filter(account=account, may_reply=True)
    return group.members.filter(is_active=True, memberships__in=members)


def acceptable_to(user: User, *, now: datetime) -> QuerySet[Conversation]:
    """The queue of this agent, most urgent first; what is reserved for somebody else is left out."""
    mine = Membership.objects.filter(user=user, may_reply=True, account__state="active")
    free = Q(reserved_for=None) | Q(reserved_for=user) | Q(reserved_until__lte=now)
    group = Q(group=None) | Q(group__in=user.service_groups.all())
    queued = Conversation.objects.filter(status=Conversation.Status.QUEUED, account__in=mine.values("account"))
    return queued.filter(free, group).order_by("urgent_at", "id")


def online_for(conversation: Conversation, *, now: datetime) -> QuerySet[Agent]:
    """Agents who are online and may answer it, whatever they carry."""
    members = Membership.objects.filter(account_id=conversation.account_id, may_reply=True, user__is_active=True)
    online = Agent.objects.filter(state=Agent.State.ONLINE, connected_until__gt=now, user__in=members.values("user"))
    if conversation.group_id is not None:
        online = online.filter(user__service_groups=conversation.group_id)
    return online
