"""The inbox: one page, and the fragments that it fetches."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import condition, require_GET

from inbox import queries, words
from inbox.models import Conversation, Message, User
from inbox.quota import Quota, quota, quotas
from inbox.views.viewer import may, presence_of, viewer
from routing.models import Agent, Group
from routing.policy import online_for

ROWS = 200  # of each of queue, desk and colleagues
MESSAGES = 50
EARLIER = 20
SHEETS = tuple(f"css/{name}.css" for name in ("desk", "list", "talk", "messages", "composer", "side"))

Row = tuple[Conversation, Quota]


@login_required
@never_cache
@require_GET
def inbox(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The page with one conversation open, or none; for its own modules (`X-Fragment`) only what changes."""
    user, now = viewer(request), timezone.now()
    talk = _talk(user, pk, now=now) if pk is not None else {}
    if "X-Fragment" in request.headers:
        return render(request, "inbox/_panes.html", talk)
    return render(request, "inbox/inbox.html", {**_desk(user, now=now), **talk})


def _tag(request: HttpRequest) -> str:
    seen = chain.from_iterable(each.values_list("pk", "revision") for each in _live(viewer(request)))
    text = f"{translation.get_language()} {list(seen)}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


@login_required
@require_GET
@condition(etag_func=_tag)
def rows(request: HttpRequest) -> HttpResponse:
    """All live rows; 304 while nothing in them has changed."""
    return render(request, "inbox/_rows.html", _rows(viewer(request), now=timezone.now()))


@login_required
@require_GET
def ended(request: HttpRequest) -> HttpResponse:
    """Ended conversations, newest first, a page at a time (`before` names the last one of the page before)."""
    found = queries.with_row(queries.ended_for(viewer(request)))
    before = request.GET.get("before", "")
    if before.isdecimal():
        last = get_object_or_404(found, pk=int(before))
        found = found.filter(Q(closed_at__lt=last.closed_at) | Q(closed_at=last.closed_at, pk__lt=last.pk))
    page = list(found[: MESSAGES + 1])
    more = page[MESSAGES - 1].pk if len(page) > MESSAGES else None
    return render(request, "inbox/_ended.html", {"rows": page[:MESSAGES], "next": more, "before": before})


@login_required
@never_cache
@require_GET
def messages(request: HttpRequest, pk: int) -> HttpResponse:
    """Messages of a conversation, oldest first: those before `before`, else the last ones."""
    conversation = get_object_or_404(queries.visible_to(viewer(request)), pk=pk)
    found = queries.history(conversation)
    before = request.GET.get("before", "")
    if before.isdecimal():
        found = found.filter(pk__lt=int(before))
    shown, older = _page(found)
    response = render(request, "inbox/_messages.html", {"shown": shown})
    response["X-Older"] = "1" if older else ""
    response["X-Revision"] = str(conversation.revision)
    return response


@login_required
@never_cache
@require_GET
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message."""
    found = queries.with_answers(Message.objects.filter(conversation__in=queries.visible_to(viewer(request))))
    return render(request, "inbox/_message.html", {"message": get_object_or_404(found, pk=pk)})


@login_required
@never_cache
@require_GET
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row; 404 once it is no longer in my list."""
    live = queries.with_row(queries.live_for(viewer(request)))
    conversation = get_object_or_404(live, pk=pk)
    allowed = quota(conversation.customer_id, now=timezone.now())
    return render(request, "inbox/_row.html", {"conversation": conversation, "quota": allowed})


@login_required
@never_cache
@require_GET
def colleagues(request: HttpRequest, pk: int) -> HttpResponse:
    """To whom a conversation can be handed: agents who are online, and groups."""
    user = viewer(request)
    conversation = get_object_or_404(queries.visible_to(user), pk=pk)
    online = online_for(conversation, now=timezone.now()).exclude(user__in=[user, conversation.assignee_id or 0])
    agents = online.select_related("user").order_by("user__real_name", "user__username")
    groups = Group.objects.filter(members__accounts=conversation.account_id).distinct().order_by("name")
    return render(request, "inbox/_colleagues.html", {"agents": agents, "groups": groups})


def _live(user: User) -> list[QuerySet[Conversation]]:
    """What waits, what is mine and what others have, each with one row more than is shown."""
    parts = queries.queue_for(user), queries.desk_of(user), queries.colleagues_of(user)
    return [part[: ROWS + 1] for part in parts]


def _rows(user: User, *, now: datetime) -> dict[str, Any]:
    parts = [list(queries.with_row(part)) for part in _live(user)]
    shown = [conversation for part in parts for conversation in part[:ROWS]]
    allowed = quotas([conversation.customer_id for conversation in shown], now=now)
    pairs: list[Row] = [(conversation, allowed[conversation.customer_id]) for conversation in shown]
    return {"rows": pairs, "more": any(len(part) > ROWS for part in parts)}


def _desk(user: User, *, now: datetime) -> dict[str, Any]:
    may_reply = user.memberships.filter(may_reply=True).values_list("account_id", flat=True)
    return {
        **_rows(user, now=now),
        "now": now,
        "tab": "queue",
        "sheets": SHEETS,
        "may_reply": list(may_reply),
        "groups": list(user.service_groups.values_list("pk", flat=True)),
        "presence": presence_of(user, now=now),
        "presence_states": Agent.State.choices,
        "time_zone": settings.TIME_ZONE,
    }


def _talk(user: User, pk: int, *, now: datetime) -> dict[str, Any]:
    """One conversation for both panes; whose it has become if it is no longer mine to read. Http404."""
    found = queries.with_row(queries.visible_to(user)).select_related("reserved_for", "last_assignee")
    conversation = found.filter(pk=pk).first()
    if conversation is None:
        return {"elsewhere": _elsewhere(user, pk)}
    shown, older = _page(queries.history(conversation))
    return {
        "conversation": conversation,
        "quota": quota(conversation.customer_id, now=now),
        "entry": words.entry(conversation.entry_kind, conversation.entry_value),
        "may": may(user, conversation),
        "shown": shown,
        "older": older,
        "earlier": _earlier(user, conversation),
    }


def _elsewhere(user: User, pk: int) -> Conversation:
    reached = queries.within_reach(user).select_related("assignee").filter(pk=pk).first()
    if reached is None or reached.assignee is None:
        raise Http404
    return reached


def _earlier(user: User, conversation: Conversation) -> list[Conversation]:
    same = queries.with_row(queries.visible_to(user)).filter(customer=conversation.customer_id)
    return list(same.exclude(pk=conversation.pk).select_related("last_assignee").order_by("-pk")[:EARLIER])


def _page(newest_first: QuerySet[Message]) -> tuple[list[Message], bool]:
    """The first MESSAGES, oldest first, and whether there are older ones."""
    found = list(newest_first[: MESSAGES + 1])
    return found[:MESSAGES][::-1], len(found) > MESSAGES
