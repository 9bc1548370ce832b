"""The shapes of the figures and of a round, as the API says them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    Serializer,
)

from inbox.api.answers import AccountRef, CustomerRef, PersonRef, page_of
from inbox.models import Round
from inbox.shapes import stamp
from metrics.definitions import METRICS, Unit

_FIELDS: dict[Unit, Any] = {
    Unit.COUNT: IntegerField,
    Unit.RATE: FloatField,
    Unit.SECONDS: FloatField,
}


class FirstResponse(Serializer[Any]):
    """Seconds over answered first rounds; null where there is none."""

    mean = FloatField(allow_null=True)
    median = FloatField(allow_null=True)
    p90 = FloatField(allow_null=True)


class SummaryAnswer(Serializer[Any]):
    """Counts, rates (0–1 or null) and seconds; `definition` says what each is."""

    first_response_s = FirstResponse()
    definition = DictField(child=CharField())

    def get_fields(self) -> dict[str, Any]:
        """One for each metric."""
        metrics = {
            metric.name: _FIELDS[metric.unit](allow_null=metric.unit is not Unit.COUNT, help_text=str(metric.title))
            for metric in METRICS
        }
        return {**metrics, **super().get_fields()}


class Step(Serializer[Any]):
    """A moment of a round. `after_s`: seconds since the step before."""

    what = CharField()
    at = DateTimeField()
    after_s = FloatField()


class RoundAnswer(Serializer[Any]):
    """A round with its clocks. `wait_s` is the customer's, so far for an open one."""

    id = IntegerField()
    conversation = IntegerField()
    account = AccountRef()
    customer = CustomerRef()
    agent = PersonRef(allow_null=True)
    state = ChoiceField(choices=Round.State.choices)
    started_at = DateTimeField()
    ended_at = DateTimeField(allow_null=True)
    wait_s = FloatField()
    is_first = BooleanField()
    in_hours = BooleanField()
    arrived_late = BooleanField()
    reply_failed = BooleanField()
    unattended = BooleanField()
    hollow = BooleanField()
    timeline = Step(many=True)


RoundPage = page_of(RoundAnswer)
FLAGS = ("is_first", "in_hours", "arrived_late", "reply_failed", "unattended", "hollow")


def round_shape(row: Round, *, now: datetime) -> dict[str, Any]:
    """A round of `metrics.queries.rounds`."""
    account, customer = row.account, row.conversation.customer
    return {
        "id": row.pk,
        "conversation": row.conversation_id,
        "account": {"key": account.key, "platform": account.platform, "name": account.name},
        "customer": {"external_id": customer.external_id, "name": customer.name},
        "agent": {"username": row.agent.username} if row.agent else None,
        "state": row.state,
        "started_at": stamp(row.started_at),
        "ended_at": stamp(row.ended_at),
        "wait_s": max(timedelta(), (row.ended_at or now) - row.started_at).total_seconds(),
        **{name: getattr(row, name) for name in FLAGS},
        "timeline": timeline(row),
    }


def timeline(row: Round) -> list[dict[str, Any]]:
    """What happened in it, in the order of time: said, received, handed, accepted, written, and its end."""
    known = {
        "said": row.started_at,
        "received": row.received_at,
        "handed": row.handed_at,
        "accepted": row.accepted_at,
        "written": row.written_at,
        str(row.state): row.ended_at,
    }
    steps = sorted(((at, what) for what, at in known.items() if at is not None), key=lambda step: step[0])
    first = [{"what": steps[0][1], "at": stamp(steps[0][0]), "after_s": 0.0}]
    return first + [
        {"what": what, "at": stamp(at), "after_s": (at - before).total_seconds()}
        for (before, _), (at, what) in pairwise(steps)
    ]


ROUND: dict[str, Any] = {
    "id": 88,
    "conversation": 317,
    "account": {"key": "wedding", "platform": "mini_program", "name": "全球婚纱摄影"},
    "customer": {"external_id": "oAbCdEf0123456789", "name": ""},
    "agent": {"username": "xiaolin"},
    "state": "answered",
    "started_at": "2026-01-05T04:00:00+00:00",
    "ended_at": "2026-01-05T04:00:09.790000+00:00",
    "wait_s": 9.79,
    **dict.fromkeys(FLAGS, False),
    "is_first": True,
    "in_hours": True,
    "timeline": [
        {"what": "said", "at": "2026-01-05T04:00:00+00:00", "after_s": 0.0},
        {"what": "received", "at": "2026-01-05T04:00:00.231000+00:00", "after_s": 0.231},
        {"what": "answered", "at": "2026-01-05T04:00:09.790000+00:00", "after_s": 9.559},
    ],
}
SUMMARY: dict[str, Any] = {
    **{metric.name: {Unit.COUNT: 12, Unit.RATE: 0.75, Unit.SECONDS: 14.2}[metric.unit] for metric in METRICS},
    "first_response_s": {"mean": 14.2, "median": 11.0, "p90": 27.4},
    "definition": {"rate_30s": "Rounds answered within 30.0 s ÷ (answered + missed + waiting for 30 s or more)."},
}
