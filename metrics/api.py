"""The numbers of domain.md §5, and the rounds behind them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, ChoiceField, DateTimeField, Field, Serializer, ValidationError

from inbox import errors, queries
from inbox.api import examples
from inbox.api.bodies import valid
from inbox.api.cursor import PageParams, page
from inbox.api.describe import describe
from inbox.api.find import asker
from inbox.models import User
from metrics import queries as figures
from metrics.answers import ROUND, SUMMARY, RoundPage, SummaryAnswer, round_shape
from metrics.figures import conditions
from metrics.moments import moment
from platforms.registry import PLATFORMS

ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Moment(DateTimeField):
    """RFC 3339 with an offset."""

    def to_internal_value(self, value: Any) -> datetime:
        """An aware moment."""
        at = moment(str(value))
        if at is None:
            raise ValidationError(_("A moment is written like 2026-01-05T12:00:00+08:00."))
        return at


class PeriodParams(Serializer[Any]):
    """Which rounds: half-open, by their start. Without `from` since midnight, without `to` until now."""

    account = CharField(max_length=64, required=False, help_text="The account's key.")
    agent = CharField(max_length=150, required=False, help_text="A user name: that agent's own figures.")
    platform = ChoiceField(choices=list(PLATFORMS), required=False)

    def get_fields(self) -> dict[str, Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's."""
        return {"from": Moment(required=False), "to": Moment(required=False), **super().get_fields()}


class RoundParams(PeriodParams, PageParams):
    """Also which count of the summary: the list has as many rows as it says."""

    behind = ChoiceField(
        choices=sorted(conditions(own=False, now=ANY_TIME)), required=False, help_text="The name of a count."
    )


@describe(
    "metrics_summary",
    params=[PeriodParams],
    answers={200: SummaryAnswer},
    example=SUMMARY,
    refusals=["not_allowed", "not_found"],
)
@api_view(["GET"])
def summary(request: Request) -> Response:
    """Every figure of a period, and who waits now. Agents see their own."""
    user, now = asker(request), timezone.now()
    scope = _scope(user, valid(PeriodParams, request.query_params), now=now)
    return Response(figures.summary(queries.accounts_of(user), now=now, **scope))


@describe(
    "metrics_rounds",
    params=[RoundParams],
    answers={200: RoundPage},
    example=examples.page(ROUND),
    refusals=["not_allowed", "not_found"],
)
@api_view(["GET"])
def rounds(request: Request) -> Response:
    """The rounds behind the figures, newest first, each with its timeline."""
    user, now = asker(request), timezone.now()
    wanted = valid(RoundParams, request.query_params)
    scope = _scope(user, wanted, now=now)
    rows = figures.rounds(queries.accounts_of(user), now=now, behind=wanted.get("behind", ""), **scope)
    found = page(request, rows, order=("-started_at", "-id"))
    return Response(found.answer([round_shape(row, now=now) for row in found.rows]))


def _scope(user: User, wanted: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The filters, agents' own by themselves; NotAllowed for agents who ask for more, Http404 for what is not there."""
    name, key = wanted.get("agent"), wanted.get("account")
    if not user.supervises:
        if name not in (None, user.username):
            raise errors.NotAllowed
        name = user.username
    if key is not None and not queries.accounts_of(user).filter(key=key).exists():
        raise Http404
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "from_": wanted.get("from", midnight),
        "to": wanted.get("to", now),
        "account": key,
        "agent": _agent(user, name) if name is not None else None,
        "platform": wanted.get("platform"),
    }


def _agent(user: User, name: str) -> User:
    """Somebody who works, or has worked, where the asker may look; their rounds elsewhere are not counted."""
    found = User.objects.filter(username=name).first()
    if found is None:
        raise Http404
    if found.pk != user.pk and not user.administrates:
        shared = found.memberships.filter(account__in=queries.accounts_of(user))
        if not shared.exists():
            raise Http404
    return found
