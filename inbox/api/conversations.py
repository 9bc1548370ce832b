"""Lists of conversations, and one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from inbox import queries, shapes
from inbox.api import examples
from inbox.api.answers import ConversationAnswer, page_of
from inbox.api.bodies import ListParams, valid
from inbox.api.cursor import page
from inbox.api.describe import describe
from inbox.api.find import asker, readable
from inbox.models import Conversation, User

Status = Conversation.Status
URGENT_FIRST = ("urgent_at", "id")
NEWEST_FIRST = ("-closed_at", "-id")


@describe(
    "conversations_list",
    params=[ListParams],
    answers={200: page_of(ConversationAnswer)},
    example=examples.page(examples.CONVERSATION),
)
@api_view(["GET"])
def conversations(request: Request) -> Response:
    """What the asker may see, most urgent first; closed ones newest first."""
    user, wanted = asker(request), valid(ListParams, request.query_params)
    closed = wanted.get("status") == Status.CLOSED
    rows = queries.with_row(_narrowed(_ended(user, wanted) if closed else _live(user, wanted), wanted))
    if wanted.get("mine"):
        rows = rows.filter(last_assignee=user) if closed else rows.filter(assignee=user)
    found = page(request, rows, order=NEWEST_FIRST if closed else URGENT_FIRST)
    return Response(found.answer(shapes.conversations(found.rows, now=timezone.now())))


@describe(
    "conversations_read_one",
    answers={200: ConversationAnswer},
    example=examples.CONVERSATION,
    refusals=["not_yours", "not_found"],
)
@api_view(["GET"])
def conversation(request: Request, pk: int) -> Response:
    """One conversation; for agents not a colleague's."""
    found = readable(asker(request), pk)
    return Response(shapes.conversations([found], now=timezone.now())[0])


def shown(pk: int, *, now: datetime) -> dict[str, Any]:
    """A conversation as it is after something was done to it."""
    return shapes.conversations(queries.with_row(Conversation.objects.filter(pk=pk)), now=now)[0]


def _live(user: User, wanted: dict[str, Any]) -> QuerySet[Conversation]:
    match wanted.get("status"):
        case Status.QUEUED:
            return queries.queue_for(user)
        case Status.ASSIGNED:
            return queries.live_for(user).filter(status=Status.ASSIGNED)
    return queries.live_for(user)


def _ended(user: User, wanted: dict[str, Any]) -> QuerySet[Conversation]:
    """The asker's own; of a customer they may read, all."""
    if "customer" in wanted:
        return queries.visible_to(user).filter(status=Status.CLOSED)
    return queries.ended_for(user)


def _narrowed(rows: QuerySet[Conversation], wanted: dict[str, Any]) -> QuerySet[Conversation]:
    if "account" in wanted:
        rows = rows.filter(account__key=wanted["account"])
    if "customer" in wanted:
        rows = rows.filter(customer__external_id=wanted["customer"])
    return rows
