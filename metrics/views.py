"""The supervisor's dashboard: now, today by the hour, and the rounds behind every figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from inbox import queries
from inbox.models import Account, User
from metrics import definitions as meaning
from metrics import figures
from metrics import queries as figures_of
from metrics.moments import moment
from metrics.timeline import PARTS, lines

ROUNDS = 50
LATEST = 15
View = Callable[[HttpRequest, User], HttpResponse]


def for_supervisors(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Pages that agents may not see."""

    @login_required
    @never_cache
    @require_GET
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User) or not request.user.supervises:
            raise PermissionDenied
        return view(request, request.user)

    return guarded


@for_supervisors
def dashboard(request: HttpRequest, user: User) -> HttpResponse:
    """The page; its board is fetched again every few seconds."""
    chosen = {"account": request.GET.get("account", ""), "time_zone": settings.TIME_ZONE}
    accounts = queries.accounts_of(user).order_by("name")
    return render(request, "metrics/dashboard.html", {"accounts": accounts, **chosen, **_board(request, user)})


@for_supervisors
def now(request: HttpRequest, user: User) -> HttpResponse:
    """The board alone."""
    return render(request, "metrics/_board.html", _board(request, user))


@for_supervisors
def rounds(request: HttpRequest, user: User) -> HttpResponse:
    """The rounds behind a figure, each with where its time went."""
    now, accounts = timezone.now(), _accounts(request, user)
    page = max(1, int(request.GET["page"])) if request.GET.get("page", "").isdecimal() else 1
    found = figures_of.waiting(accounts) if "waiting" in request.GET else _behind(request, accounts, now=now)
    rows = list(found[(page - 1) * ROUNDS : page * ROUNDS + 1])
    query = request.GET.copy()
    query["page"] = str(page + 1)
    shown = {"lines": lines(rows[:ROUNDS], now=now), "parts": PARTS, "next": query.urlencode() if rows[ROUNDS:] else ""}
    metric = meaning.BY_NAME.get(request.GET.get("figure", ""))
    return render(request, "metrics/rounds.html", {**shown, "metric": metric, "now": now})


@for_supervisors
def definitions(request: HttpRequest, user: User) -> HttpResponse:
    """What every figure means."""
    return render(request, "metrics/definitions.html", {"metrics": meaning.METRICS, "basis": meaning.BASIS})


def _board(request: HttpRequest, user: User) -> dict[str, Any]:
    now, accounts = timezone.now(), _accounts(request, user)
    local = timezone.localtime(now)
    hour = local.replace(minute=0, second=0, microsecond=0)
    today = hour.replace(hour=0)
    return {
        "now": now,
        "hour": hour,
        "today": today,
        "queued": queries.queue_for(user).filter(account__in=accounts).count(),
        "live": figures_of.now(accounts, now=now),
        "longest": figures_of.waiting(accounts).order_by("started_at", "pk").first(),
        "agents": figures_of.agents_now(accounts, now=now),
        "this_hour": figures_of.totals(accounts, from_=hour, to=hour + timedelta(hours=1), now=now),
        "day": figures_of.totals(accounts, from_=today, to=today + timedelta(days=1), now=now),
        "hours": [
            {**each, "to": each["hour"] + timedelta(hours=1)}
            for each in figures_of.hours(accounts, from_=today, to=today + timedelta(days=1), now=now)
        ],
        "latest": lines(figures_of.rounds(accounts, from_=today, to=now, now=now)[:LATEST], now=now),
        "parts": PARTS,
        "scope": f"&account={key}" if (key := request.GET.get("account", "")) else "",
    }


def _accounts(request: HttpRequest, user: User) -> QuerySet[Account]:
    """All of this person's, or the one that is asked for. Http404."""
    accounts, key = queries.accounts_of(user), request.GET.get("account", "")
    if key:
        get_object_or_404(accounts, key=key)
        return accounts.filter(key=key)
    return accounts


def _behind(request: HttpRequest, accounts: QuerySet[Account], *, now: datetime) -> QuerySet[Any]:
    """Rounds of a period, and of one figure if `behind` names it. BadRequest for no moments, Http404 for no figure."""
    from_, to = (moment(request.GET.get(name, "")) for name in ("from", "to"))
    behind = request.GET.get("behind", "")
    if from_ is None or to is None:
        raise BadRequest
    if behind and behind not in figures.conditions(own=False, now=now):
        raise Http404
    return figures_of.rounds(accounts, from_=from_, to=to, now=now, behind=behind)
