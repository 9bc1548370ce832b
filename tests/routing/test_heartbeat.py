"""Heartbeats push on until when somebody counts as connected."""

from __future__ import annotations

from datetime import datetime

import pytest

from inbox import realtime
from routing.models import Agent
from routing.services.heartbeat import hear_of
from tests.clock import NOON, at
from tests.factories import an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The events published."""
    events: list[object] = []
    monkeypatch.setattr(realtime, "publish", events.append)
    return events


def connected_until(user: int) -> datetime | None:
    return Agent.objects.get(pk=user).connected_until


def test_a_heartbeat_is_good_for_forty_five_seconds_and_shortens_nothing(told: list[object]) -> None:
    amy, bob, eve = an_agent("amy"), an_agent("bob"), an_agent("eve")
    Agent.objects.filter(pk=amy.pk).update(connected_until=at(20))
    Agent.objects.filter(pk=bob.pk).update(connected_until=at(60))
    hear_of([amy.pk, bob.pk, 10**6], now=NOON)
    assert [connected_until(user.pk) for user in (amy, bob)] == [at(45), at(60)]
    assert connected_until(eve.pk) == at(86_400)
    assert told == []


@pytest.mark.parametrize("until", [None, NOON])
def test_whoever_comes_back_is_told_of(until: datetime | None, told: list[object]) -> None:
    amy = an_agent("amy")
    Agent.objects.filter(pk=amy.pk).update(connected_until=until)
    hear_of([amy.pk], now=NOON)
    assert connected_until(amy.pk) == at(45)
    assert told == [realtime.PresenceChanged(amy.pk)]
