"""The dashboard: what it says, and that every figure opens its rounds."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inbox.models import Round, User
from inbox.services.deliver import claim
from inbox.services.settle import settle
from metrics.timeline import lines
from platforms.base import Receipt
from tests.clock import NOON
from tests.factories import a_user, an_account, an_agent, answered, said, taken

pytestmark = pytest.mark.django_db


def boss_of(*accounts: object) -> Client:
    client = Client()
    boss = a_user("boss", role=User.Role.SUPERVISOR, accounts=accounts)  # type: ignore[arg-type]
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_who_waits_longest_is_named_and_linked() -> None:
    account, now = an_account(), timezone.now()
    conversation = said(account, "在吗", at=now - timedelta(seconds=75)).conversation
    page = boss_of(account).get("/dashboard/").content.decode()
    assert "1 分 15 秒" in page or "1 分 16 秒" in page
    assert f'id="f-longest" href="/conversations/{conversation.pk}/"' in page


def test_nothing_of_other_accounts_is_in_the_figures() -> None:
    said(an_account(), "在吗", at=timezone.now())
    page = boss_of(an_account()).get("/dashboard/").content.decode()
    assert "没有人在等待" in page


def test_the_board_is_a_fragment() -> None:
    page = boss_of(an_account()).get("/dashboard/now/").content.decode()
    assert "<!doctype html>" not in page
    assert 'class="grid"' in page


def test_an_account_of_somebody_else_is_not_there() -> None:
    other = an_account()
    assert boss_of(an_account()).get(f"/dashboard/?account={other.key}").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("from=x&to=y", 400),
        ("from=2026-13-45T12:00:00Z&to=2026-02-30T00:00:00Z", 400),
        ("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", 400),
        ("from=2026-01-05T00:00:00%2B08:00&to=2026-01-06T00:00:00%2B08:00&behind=x", 404),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(query: str, status: int) -> None:
    assert boss_of(an_account()).get(f"/dashboard/rounds/?{query}").status_code == status


def test_rounds_that_wait_are_listed() -> None:
    account = an_account()
    said(account, "在吗", at=timezone.now())
    page = boss_of(account).get("/dashboard/rounds/?waiting=1").content.decode()
    assert page.count('id="round-') == 1


def test_a_round_is_drawn_from_the_word_to_the_platforms_taking() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    conversation = taken(account, lin, at=NOON + timedelta(seconds=4), sent_at=NOON)
    answered(conversation, lin, at=NOON + timedelta(seconds=9))
    attempt = claim(conversation.customer_id, now=NOON + timedelta(seconds=9))
    assert attempt is not None
    settle(attempt.message, attempt=1, key=attempt.key, outcome=Receipt(), now=NOON + timedelta(seconds=11))
    [line] = lines(Round.objects.select_related("account"), now=NOON)
    assert [(part.kind, part.seconds) for part in line.parts] == [
        ("platform", 4.0),
        ("queue", 0.0),
        ("agent", 5.0),
        ("sending", 2.0),
    ]
    assert (line.wait, line.is_late, line.target_x) == (timedelta(seconds=11), False, 75.0)


def test_a_round_that_waits_is_drawn_to_now() -> None:
    said(an_account(), "在吗", at=NOON)
    [line] = lines(Round.objects.select_related("account"), now=NOON + timedelta(seconds=400))
    assert [(part.kind, part.seconds) for part in line.parts] == [("platform", 0.0), ("waiting", 400.0)]
    assert (line.is_late, line.is_cut) == (True, True)
