"""Administrators connect accounts and look after them."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox import jobs
from inbox.models import Account, AuditEntry, Hook, User
from platforms.errors import FateUnknown
from tests.clock import NOON, at
from tests.factories import a_user, an_account, an_agent, answered, taken
from tests.inbox.api.calls import Caller
from tests.support.settling import deliver_next

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

SECRETS = {"app_id": "wx1", "app_secret": "s3cret", "token": "t0ken", "encoding_aes_key": "a" * 43}
NEW = {"key": "shop", "platform": "mini_program", "name": "小店", "secrets": SECRETS}


@pytest.fixture
def root() -> Caller:
    return Caller(a_user("root", role=User.Role.ADMIN))


def test_an_account_is_connected_and_its_secrets_are_never_shown(root: Caller) -> None:
    status, found = root.post("accounts/", {**NEW, "settings": {"push_mode": "plain", "service_hours": "09:00-18:00"}})
    assert status == 201
    assert found == {
        "key": "shop",
        "platform": "mini_program",
        "name": "小店",
        "state": "active",
        "road": "api",
        "routing_mode": "grab",
        "queue_order": "longest",
        "service_hours": "09:00-18:00",
        "target_seconds": 30,
        "max_agents": None,
        "api_base": "",
        "options": {"push_mode": "plain"},
        "hook_url": f"{settings.PUBLIC_URL}/hooks/mini_program/shop/",
        "created_at": "2026-01-05T04:00:10+00:00",
    }
    listed = root.get("accounts/")
    assert listed == (200, {"results": [found], "next": None, "previous": None})
    assert "s3cret" not in str(listed)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM inbox_account")
        assert "s3cret" not in cursor.fetchone()[0]
    assert "s3cret" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("changes", "status", "where"),
    [
        ({"key": "taken"}, 422, "key"),
        ({"secrets": {}}, 422, "account"),
        ({"settings": {"nonsense": "1"}}, 422, "account"),
        ({"secrets": {**SECRETS, "app_id": "x" * 129}}, 422, "secrets"),
        ({"name": "\n"}, 400, None),
        ({"key": "a b"}, 400, None),
        ({"platform": "telegram"}, 400, None),
        ({"secrets": {"app_id": "\u0000"}}, 400, None),
        ({"secrets": []}, 400, None),
    ],
    ids=str,
)
def test_an_account_that_cannot_be_is_refused(
    root: Caller, changes: dict[str, Any], status: int, where: str | None
) -> None:
    an_account("taken")
    found = root.post("accounts/", {**NEW, **changes})
    assert (found[0], found[1]["code"], found[1].get("where")) == (status, "invalid", where)
    assert list(Account.objects.values_list("key", flat=True)) == ["taken"]


def test_health_tells_what_came_went_and_is_left(root: Caller) -> None:
    account = an_account("shop")
    lin = an_agent("lin", account)
    conversation = taken(account, lin)
    answered(conversation, lin, at=at(1))
    deliver_next(conversation.customer_id, at=at(2))
    answered(conversation, lin, at=at(3))
    deliver_next(conversation.customer_id, at=at(4), outcome=FateUnknown("nothing"))
    for state in ("dead", "new", "done", "done"):
        Hook.objects.create(account=account, received_at=at(5), body=b"", opened=b"", state=state)
    assert root.get("accounts/shop/health/") == (
        200,
        {
            "state": "active",
            "last_hook_at": "2026-01-05T04:00:05+00:00",
            "last_reply_at": "2026-01-05T04:00:02+00:00",
            "hooks": {"new": 1, "dead": 1, "held": 0},
            "replies": {"queued": 0, "sending": 0, "sent": 1, "failed": 0, "unknown": 1},
        },
    )
    assert root.get("accounts/nobody/health/")[0] == 404


def test_dead_letters_are_listed_with_their_reason_and_replayed(
    root: Caller, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    account = an_account("shop")
    fields = {"account": account, "received_at": NOON, "query": {"nonce": "1"}, "body": b"x" * 3000}
    Hook.objects.create(**fields, opened=b"{}", state="done")
    dead = Hook.objects.create(**fields, opened=b"\xff" + b"y" * 3000, state="dead", reason="no MsgId", attempts=1)
    _, found = root.get("accounts/shop/hooks/", state="dead")
    assert found["results"] == [
        {
            "id": dead.pk,
            "received_at": "2026-01-05T04:00:00+00:00",
            "state": "dead",
            "reason": "no MsgId",
            "attempts": 1,
            "processed_at": None,
            "path": "",
            "query": {"nonce": "1"},
            "opened": "\ufffd" + "y" * 1999,
            "size_bytes": 3000,
        }
    ]
    assert len(root.get("accounts/shop/hooks/")[1]["results"]) == 2
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(jobs, "enqueue_now", lambda *job: asked.append(job))
    with django_capture_on_commit_callbacks(execute=True):
        assert root.post(f"hooks/{dead.pk}/replay/") == (202, None)
    dead.refresh_from_db()
    assert (dead.state, dead.reason) == ("new", "")
    assert asked == [(jobs.INGEST, [dead.pk])]


def test_the_journal_costs_the_same_queries_for_3_rows_and_30(root: Caller) -> None:
    account = an_account("shop")

    def queries_of(rows: int) -> int:
        for _ in range(rows):
            Hook.objects.create(account=account, received_at=NOON, body=b"", opened=b"", state="dead")
        with CaptureQueriesContext(connection) as captured:
            assert len(root.get("accounts/shop/hooks/", limit=200)[1]["results"]) >= rows
        return len(captured)

    assert queries_of(3) == queries_of(30) == 3
