"""The demo's start: believable figures that `metrics verify` agrees with, and nothing twice."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.utils import timezone

from inbox.management.demo import past
from inbox.models import Account, Conversation, Message, Round, User
from metrics import queries
from routing.models import Agent

pytestmark = pytest.mark.django_db


def seed() -> Any:
    out = StringIO()
    call_command("seed_demo", json=True, stdout=out)
    return json.loads(out.getvalue())


def test_a_past_day_and_waiting_customers_once() -> None:
    found = seed()
    assert [login["role"] for login in found["logins"]] == ["agent"] * 3 + ["supervisor", "admin"]
    for login in found["logins"]:
        request = RequestFactory().post("/")
        assert authenticate(request, username=login["username"], password=login["password"])
    assert [account["key"] for account in found["accounts"]] == ["wedding", "fruit"]
    assert Conversation.objects.filter(status="queued").count() == 3
    assert Conversation.objects.exclude(status__in=["queued", "closed"]).count() == 0
    states = set(Round.objects.values_list("state", flat=True))
    assert states == {"answered", "missed", "dismissed", "open"}
    assert not Message.objects.filter(state__in=["queued", "sending", "failed", "unknown"]).exists()
    assert set(Agent.objects.values_list("state", flat=True)) == {"offline"}
    counts = [model.objects.count() for model in (Account, User, Conversation, Message, Round)]
    assert seed() == found, "a second time"
    assert [model.objects.count() for model in (Account, User, Conversation, Message, Round)] == counts


def test_the_figures_are_neither_perfect_nor_hopeless_and_verified() -> None:
    seed()
    now = timezone.now()
    figures = queries.summary(Account.objects.all(), from_=now - timedelta(days=2), to=now, now=now)
    assert figures["rounds"] == Round.objects.count()
    assert 0.5 < figures["rate_30s"] < 0.9
    assert figures["missed"] > 0
    out = StringIO()
    call_command("metrics", "verify", stdout=out)


def test_without_its_sandbox_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "CONVERSATIONS", 0)
    monkeypatch.setattr(settings, "SANDBOX_URL", "http://127.0.0.1:9")
    with pytest.raises(CommandError, match="does not answer"):
        seed()
