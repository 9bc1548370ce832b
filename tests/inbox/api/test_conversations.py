"""Lists, one conversation, and what is done to it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.models import AuditEntry, Conversation, Message, User
from tests.clock import NOON, at
from tests.factories import a_user, an_account, an_agent, said, taken
from tests.inbox.api.calls import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_a_conversation_carries_exactly_these_fields() -> None:
    account = an_account("wedding", name="婚纱")
    received = said(account, "在吗", name="m-1", customer="o-1")
    status, found = Caller(an_agent("lin", account)).get(f"conversations/{received.conversation.pk}/")
    assert status == 200
    assert found == {
        "id": received.conversation.pk,
        "status": "queued",
        "account": {"key": "wedding", "platform": "mini_program", "name": "婚纱"},
        "customer": {"external_id": "o-1", "name": ""},
        "assignee": None,
        "waiting_since": "2026-01-05T04:00:00+00:00",
        "due_at": "2026-01-05T04:00:30+00:00",
        "quota": {"left": 5, "limit": 5, "expires_at": "2026-01-07T04:00:00+00:00"},
        "unread": 1,
        "revision": found["revision"],
        "last_message": {
            "id": received.message.pk,
            "author": "customer",
            "type": "text",
            "text": "在吗",
            "content": {"type": "text", "text": "在吗"},
            "state": "received",
            "error": None,
            "sent_at": "2026-01-05T04:00:00+00:00",
            "received_at": "2026-01-05T04:00:00+00:00",
            "external_id": "m-1",
            "client_id": "",
        },
    }


def test_the_list_is_most_urgent_first_and_pages_by_full_urls_both_ways() -> None:
    account = an_account()
    for number in (3, 1, 2):
        said(account, at=at(number), customer=f"o-{number}")
    lin = Caller(an_agent("lin", account))
    _, first = lin.get("conversations/", limit=2)
    assert [row["customer"]["external_id"] for row in first["results"]] == ["o-1", "o-2"]
    assert first["next"].startswith("http://testserver/api/v1/conversations/?")
    assert first["previous"] is None
    _, second = lin.get(first["next"])
    assert [row["customer"]["external_id"] for row in second["results"]] == ["o-3"]
    assert second["next"] is None
    _, back = lin.get(second["previous"])
    assert [row["customer"]["external_id"] for row in back["results"]] == ["o-1", "o-2"]
    assert back["previous"] is None


def test_filters_narrow_the_list() -> None:
    one, two = an_account("one"), an_account("two")
    lin = an_agent("lin", one, two)
    mine, queued, other = taken(one, lin, customer="a"), said(one, customer="b"), said(two, customer="c")
    done = taken(one, lin, customer="d", at=at(1))
    caller = Caller(lin)
    caller.post(f"conversations/{done.pk}/close/")

    def ids(**params: object) -> set[int]:
        status, found = caller.get("conversations/", **params)
        assert status == 200
        return {row["id"] for row in found["results"]}

    assert ids() == {mine.pk, queued.conversation.pk, other.conversation.pk}
    assert ids(status="queued") == {queued.conversation.pk, other.conversation.pk}
    assert ids(status="assigned") == ids(mine=1) == {mine.pk}
    assert ids(status="closed") == ids(status="closed", mine=1) == {done.pk}
    assert ids(account="two") == {other.conversation.pk}
    assert ids(account="nobody's") == set()
    assert ids(customer="b") == {queued.conversation.pk}
    assert ids(customer="d", status="closed") == {done.pk}


@pytest.mark.parametrize(
    "params",
    [{"status": "x"}, {"limit": 0}, {"limit": "a"}, {"cursor": "W10"}, {"cursor": "§"}, {"account": "\0"}],
    ids=str,
)
def test_parameters_that_make_no_sense_are_400(params: dict[str, object]) -> None:
    status, found = Caller(an_agent("lin", an_account())).get("conversations/", **params)
    assert (status, found["code"]) == (400, "invalid")
    assert set(found["errors"]) == set(params)


@pytest.mark.parametrize("status", ["", "closed"])
def test_a_list_costs_the_same_queries_for_3_rows_and_30(status: str) -> None:
    account = an_account()
    boss = Caller(a_user("boss", role=User.Role.SUPERVISOR, accounts=(account,)))

    def queries_of(rows: int) -> int:
        for number in range(rows):
            conversation = said(account, customer=f"o-{rows}-{number}").conversation
            if status:
                boss.post(f"conversations/{conversation.pk}/close/")
        with CaptureQueriesContext(connection) as captured:
            _, found = boss.get("conversations/", limit=200, **({"status": status} if status else {}))
        assert len(found["results"]) >= rows
        return len(captured)

    assert queries_of(3) == queries_of(30) == 3


def test_a_colleagues_conversation_is_403_with_its_owner() -> None:
    account = an_account()
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    conversation = taken(account, lin)
    status, found = Caller(jie).get(f"conversations/{conversation.pk}/")
    assert (status, found["code"], found["by"]) == (403, "not_yours", "lin")
    assert Caller(jie).get(f"conversations/{conversation.pk}/messages/")[0] == 403
    supervisor = a_user("boss", role=User.Role.SUPERVISOR, accounts=(account,))
    assert Caller(supervisor).get(f"conversations/{conversation.pk}/")[0] == 200


def test_closing_misses_an_open_round_and_is_the_owners() -> None:
    account = an_account()
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    conversation = taken(account, lin)
    status, found = Caller(jie).post(f"conversations/{conversation.pk}/close/")
    assert (status, found["code"]) == (403, "not_yours")
    assert Conversation.objects.get().status == "assigned"
    status, found = Caller(lin).post(f"conversations/{conversation.pk}/close/")
    assert (status, found["status"], found["waiting_since"]) == (200, "closed", None)
    assert conversation.rounds.get().state == "missed"
    assert Caller(lin).post(f"conversations/{conversation.pk}/close/")[0] == 200


def test_dismissing_ends_the_round_once() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    conversation = taken(account, lin)
    status, found = Caller(lin).post(f"conversations/{conversation.pk}/dismiss/")
    assert (status, found["status"], found["waiting_since"]) == (200, "assigned", None)
    assert conversation.rounds.get().state == "dismissed"
    status, found = Caller(lin).post(f"conversations/{conversation.pk}/dismiss/")
    assert (status, found["code"], found["state"]) == (409, "wrong_state", "answered")


def test_notes_and_tags_answer_201() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    path = f"conversations/{taken(account, lin).pk}/"
    status, note = Caller(lin).post(path + "notes/", {"text": "老客户"})
    assert (status, note["type"], note["state"], note["text"]) == (201, "note", "internal", "老客户")
    status, tags = Caller(lin).post(path + "tags/", {"tags": ["b", " a ", "b"]})
    assert (status, tags) == (201, {"tags": ["a", "b"]})
    assert Caller(lin).get(path + "tags/") == (200, {"tags": ["a", "b"]})
    assert Caller(lin).post(path + "tags/", {"tags": ["x" * 41]})[0] == 400
    assert Caller(lin).get(path + "tags/") == (200, {"tags": ["a", "b"]})


def test_reading_clears_the_owners_unread_only() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    boss = a_user("boss", role=User.Role.SUPERVISOR, accounts=(account,))
    conversation = taken(account, lin)
    assert Caller(boss).post(f"conversations/{conversation.pk}/read/") == (204, None)
    assert Conversation.objects.get().unread == 1
    assert Caller(lin).post(f"conversations/{conversation.pk}/read/") == (204, None)
    assert Conversation.objects.get().unread == 0


def test_only_the_owner_types() -> None:
    account = an_account()
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    conversation = taken(account, lin)
    assert Caller(lin).post(f"conversations/{conversation.pk}/typing/", {"on": False}) == (204, None)
    assert Caller(lin).post(f"conversations/{conversation.pk}/typing/") == (204, None)
    status, found = Caller(jie).post(f"conversations/{conversation.pk}/typing/", {})
    assert (status, found["by"]) == (403, "lin")


def test_everything_done_is_in_the_audit_log() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    path = f"conversations/{taken(account, lin).pk}/"
    Caller(lin).post(path + "notes/", {"text": "x"})
    Caller(lin).post(path + "close/")
    actions = list(AuditEntry.objects.order_by("id").values_list("action", "actor__username"))
    assert actions == [("conversation.accept", "lin"), ("conversation.note", "lin"), ("conversation.close", "lin")]
    assert Message.objects.filter(type="closed").get().sender == lin
    assert AuditEntry.objects.latest("id").at > NOON


def test_closing_a_closed_one_shows_it_only_to_those_who_may_read_it() -> None:
    account = an_account()
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    pk = taken(account, lin).pk
    assert Caller(lin).post(f"conversations/{pk}/close/")[0] == 200
    assert Caller(lin).post(f"conversations/{pk}/close/")[0] == 200
    status, found = Caller(jie).post(f"conversations/{pk}/close/")
    assert (status, found["code"], found["by"]) == (403, "not_yours", None)
    assert "customer" not in found
