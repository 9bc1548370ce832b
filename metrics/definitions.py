"""What every number means: its title and its definition, for the API, the pages and the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Unit(Enum):
    """How a number is to be read."""

    COUNT = "count"
    RATE = "rate"  # 0–1
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number; `name` is its key in a summary."""

    name: str
    unit: Unit
    title: _StrPromise
    text: _StrPromise


BASIS = _(
    "OneQueue's own definition, no platform's figure. A round starts at the platform's time of the first"
    " unanswered message and ends when the platform takes the first human reply. Platforms give whole"
    " seconds: ± 1 s. A round belongs to the period it starts in. An agent's figures count from when both the"
    " message and the agent were there; rounds that arrived late or whose first reply failed are left out."
)

METRICS = (
    Metric(
        "rounds",
        Unit.COUNT,
        _("Rounds"),
        _("Rounds that started within service hours, without withdrawn ones."),
    ),
    Metric(
        "offhours_rounds",
        Unit.COUNT,
        _("Rounds outside service hours"),
        _("Rounds that started outside the account's service hours; no other figure contains them."),
    ),
    Metric(
        "answered",
        Unit.COUNT,
        _("Answered"),
        _("Rounds with a human reply, also one written in the platform's own client."),
    ),
    Metric(
        "outside",
        Unit.COUNT,
        _("Answered on the platform"),
        _("Rounds that a colleague answered in the platform's own client: the account's, no agent's."),
    ),
    Metric(
        "missed",
        Unit.COUNT,
        _("Missed"),
        _("Rounds whose conversation was closed without a reply, at any age."),
    ),
    Metric(
        "dismissed",
        Unit.COUNT,
        _("No reply needed"),
        _("Rounds that an agent marked as needing no reply."),
    ),
    Metric("open", Unit.COUNT, _("Still waiting"), _("Rounds of the period that wait for a reply.")),
    Metric(
        "open_30s",
        Unit.COUNT,
        _("Waiting for 30 seconds or more"),
        _("Rounds of the period that have waited for a reply for 30 seconds or more."),
    ),
    Metric(
        "arrived_late",
        Unit.COUNT,
        _("Arrived late"),
        _("Rounds whose first message reached us more than 5 seconds after it was said."),
    ),
    Metric(
        "reply_failed",
        Unit.COUNT,
        _("First reply failed"),
        _("Rounds whose first reply the platform did not take."),
    ),
    Metric(
        "unattended",
        Unit.COUNT,
        _("Left as a message"),
        _("Rounds that started while nobody who could answer was online."),
    ),
    Metric(
        "rate_30s",
        Unit.RATE,
        _("Answered within 30 seconds"),
        _("Rounds answered within 30.0 s ÷ (answered + missed + waiting for 30 s or more). Without dismissed rounds."),
    ),
    Metric(
        "rate_30s_with_dismissed",
        Unit.RATE,
        _("Answered within 30 seconds, dismissed ones included"),
        _("The same, with dismissed rounds counted as not answered."),
    ),
    Metric(
        "rate_30s_without_hollow",
        Unit.RATE,
        _("Answered within 30 seconds, hollow replies excluded"),
        _("The same, with rounds whose reply is hollow counted as not answered in time."),
    ),
    Metric(
        "rate_30s_first",
        Unit.RATE,
        _("First round answered within 30 seconds"),
        _("The 30-second rate over the first round of each conversation only."),
    ),
    Metric(
        "rate_30s_first_with_dismissed",
        Unit.RATE,
        _("First round answered within 30 seconds, dismissed ones included"),
        _("The same, with dismissed first rounds counted as not answered."),
    ),
    Metric(
        "rate_3m",
        Unit.RATE,
        _("Answered within 3 minutes"),
        _(
            "Rounds answered within 180.0 s ÷ (answered + missed + waiting for 180 s or more)."
            " Without dismissed rounds."
        ),
    ),
    Metric(
        "rate_3m_with_dismissed",
        Unit.RATE,
        _("Answered within 3 minutes, dismissed ones included"),
        _("The same as the 3-minute rate, with dismissed rounds counted as not answered."),
    ),
    Metric(
        "rate_3m_conversation",
        Unit.RATE,
        _("Conversations answered within 3 minutes"),
        _(
            "Conversations whose mean wait is at most 180 s ÷ conversations. Unanswered rounds count to the"
            " close or to now, each round 600 s at most. Without dismissed rounds."
        ),
    ),
    Metric(
        "avg_response_s",
        Unit.SECONDS,
        _("Average response time"),
        _("Mean wait of answered rounds, each counted 600 s at most."),
    ),
    Metric(
        "avg_response_all_s",
        Unit.SECONDS,
        _("Average response time, unanswered ones included"),
        _("The same with missed rounds counted to the close and waiting ones to now."),
    ),
    Metric(
        "first_response_s",
        Unit.SECONDS,
        _("First response time"),
        _("Mean, median and 90th percentile of the wait of answered first rounds, uncapped."),
    ),
    Metric(
        "not_served_rate",
        Unit.RATE,
        _("Not served"),
        _(
            "Conversations without any human reply ÷ conversations, by when their first round"
            " started. Without those that have waited for less than 30 s, and those in which every round was"
            " dismissed."
        ),
    ),
    Metric(
        "not_served_rate_with_dismissed",
        Unit.RATE,
        _("Not served, dismissed ones included"),
        _("The same, with conversations of dismissed rounds only counted as not served."),
    ),
    Metric(
        "holding_rate",
        Unit.RATE,
        _("Hollow first replies"),
        _("Answered rounds whose reply says nothing (“one moment”) ÷ answered rounds."),
    ),
    Metric(
        "unanswered_now",
        Unit.COUNT,
        _("Unanswered now"),
        _(
            "Rounds that wait at this moment, whatever the period and the hour."
            " An agent's are those in the conversations they have."
        ),
    ),
    Metric(
        "longest_wait_now_s",
        Unit.SECONDS,
        _("Longest wait now"),
        _("How long the one has waited who waits longest at this moment."),
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}
ADDED_UP = tuple(
    metric.name
    for metric in METRICS
    if metric.unit is Unit.COUNT and metric.name not in ("unattended", "unanswered_now")
)
COUNTS = (*ADDED_UP, "unattended")


def texts() -> dict[str, str]:
    """The definition of each number by its name, in the reader's language; `basis` is common to all."""
    return {"basis": str(BASIS), **{metric.name: str(metric.text) for metric in METRICS}}
