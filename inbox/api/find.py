"""What a call is about, found through the doors of `inbox.queries`."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request

from inbox import errors, queries
from inbox.models import Account, Conversation, Message, User


def asker(request: Request) -> User:
    """Who asks; every call needs somebody."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def within_reach(user: User, pk: int) -> Conversation:
    """A conversation of their accounts, whoever has it; Http404."""
    return _first(queries.within_reach(user).select_related("assignee").filter(pk=pk))


def readable(user: User, pk: int) -> Conversation:
    """One they may read, with all that its row shows.

    Http404 across accounts; NotYours with the name of the colleague who has it.
    """
    found = _first(queries.with_row(queries.within_reach(user)).filter(pk=pk))
    if not queries.visible_to(user).filter(pk=pk).exists():
        owner = found.assignee
        raise errors.NotYours(by=owner.username if owner else None)
    return found


def _first(rows: QuerySet[Conversation]) -> Conversation:
    found = rows.first()
    if found is None:
        raise Http404
    return found


def message_within_reach(user: User, pk: int) -> Message:
    """A message of such a conversation; Http404."""
    found = Message.objects.filter(pk=pk, conversation__in=queries.within_reach(user)).first()
    if found is None:
        raise Http404
    return found


def account_of_admin(user: User, key: str) -> Account:
    """An account by its key, for administrators. NotAllowed, Http404."""
    require_admin(user)
    found = queries.accounts_of(user).filter(key=key).first()
    if found is None:
        raise Http404
    return found


def require_admin(user: User) -> None:
    """NotAllowed for everybody else."""
    if not user.administrates:
        raise errors.NotAllowed
