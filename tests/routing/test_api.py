"""Accepting, handing over and presence at the HTTP edge."""

from __future__ import annotations

import pytest
import time_machine

from inbox.models import Account, Assignment, Conversation, Membership, User
from routing.models import Agent, Group
from tests.clock import at
from tests.factories import a_user, an_account, an_agent, said, taken
from tests.inbox.api.calls import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def noon() -> object:
    with time_machine.travel(at(10), tick=False):
        yield


@pytest.fixture
def account() -> Account:
    return an_account("wedding")


def test_the_first_to_accept_wins_and_the_loser_hears_who(account: Account) -> None:
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    pk = said(account).conversation.pk
    status, found = Caller(lin).post(f"conversations/{pk}/accept/")
    assert (status, found["status"], found["assignee"]) == (200, "assigned", {"username": "lin"})
    status, found = Caller(jie).post(f"conversations/{pk}/accept/")
    assert (status, found["code"], found["by"]) == (409, "already_taken", "lin")
    assert Caller(lin).post(f"conversations/{pk}/accept/")[0] == 200
    assert Assignment.objects.count() == 1


def test_the_checks_run_in_the_order_online_capacity_taken(account: Account) -> None:
    lin, jie = an_agent("lin", account), an_agent("jie", account, capacity=1)
    taken(account, jie, customer="busy")
    pk = taken(account, lin).pk
    Agent.objects.filter(pk=jie.pk).update(state="away")
    status, found = Caller(jie).post(f"conversations/{pk}/accept/")
    assert (status, found["code"]) == (409, "not_online")
    Agent.objects.filter(pk=jie.pk).update(state="online")
    status, found = Caller(jie).post(f"conversations/{pk}/accept/")
    assert (status, found["code"], found["capacity"]) == (409, "at_capacity", 1)
    Agent.objects.filter(pk=jie.pk).update(capacity=2)
    assert Caller(jie).post(f"conversations/{pk}/accept/")[1]["code"] == "already_taken"
    assert Conversation.objects.get(pk=pk).assignee == lin


def test_trainees_and_closed_conversations_are_refused(account: Account) -> None:
    lin = an_agent("lin", account)
    pk = taken(account, lin).pk
    Caller(lin).post(f"conversations/{pk}/close/")
    jie = an_agent("jie", account)
    assert Caller(jie).post(f"conversations/{pk}/accept/")[1]["code"] == "conversation_closed"
    Membership.objects.filter(user=jie).update(may_reply=False)
    waiting = said(account, customer="w").conversation
    status, found = Caller(jie).post(f"conversations/{waiting.pk}/accept/")
    assert (status, found["code"]) == (403, "not_allowed")
    assert Conversation.objects.get(pk=waiting.pk).assignee is None


def test_accept_next_takes_the_most_urgent_then_204(account: Account) -> None:
    lin = Caller(an_agent("lin", account))
    said(account, customer="second", at=at(2))
    said(account, customer="first", at=at(1))
    customers = [lin.post("conversations/accept-next/")[1]["customer"]["external_id"] for _ in range(2)]
    assert customers == ["first", "second"]
    assert lin.post("conversations/accept-next/") == (204, None)


def test_a_transfer_goes_to_a_colleague_with_its_note(account: Account) -> None:
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    pk = taken(account, lin).pk
    status, found = Caller(lin).post(f"conversations/{pk}/transfer/", {"to_agent": "jie", "note": "要改尺码"})
    assert (status, found["status"], found["assignee"]) == (200, "assigned", {"username": "jie"})
    _, messages = Caller(jie).get(f"conversations/{pk}/messages/")
    assert "要改尺码" in [row["text"] for row in messages["results"]]
    assert Caller(lin).get(f"conversations/{pk}/")[0] == 403


def test_a_transfer_to_a_group_queues_it_for_them(account: Account) -> None:
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    Group.objects.create(name="售后").members.add(jie)
    pk = taken(account, lin).pk
    status, found = Caller(lin).post(f"conversations/{pk}/transfer/", {"to_group": "售后"})
    assert (status, found["status"], found["assignee"]) == (200, "queued", None)
    assert Caller(lin).post(f"conversations/{pk}/accept/")[1]["code"] == "not_allowed"
    assert Caller(jie).post(f"conversations/{pk}/accept/")[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"to_agent": "jie", "to_group": "售后"}, 400, "invalid"),
        ({"to_agent": "nobody"}, 403, "not_allowed"),
        ({"to_group": "nobody"}, 404, "not_found"),
        ({"to_group": "别家"}, 422, "invalid"),
        ({"to_agent": "stranger"}, 403, "not_allowed"),
        ({"to_agent": "asleep"}, 409, "not_online"),
        ({"to_agent": "full"}, 409, "at_capacity"),
    ],
)
def test_a_transfer_that_cannot_be_changes_nothing(
    account: Account, body: dict[str, str], status: int, code: str
) -> None:
    lin = an_agent("lin", account)
    Group.objects.create(name="别家").members.add(an_agent("stranger", an_account()))
    an_agent("asleep", account, online=False)
    an_agent("full", account, capacity=0)
    pk = taken(account, lin).pk
    found = Caller(lin).post(f"conversations/{pk}/transfer/", body)
    assert (found[0], found[1]["code"]) == (status, code)
    if status == 422:
        assert (found[1]["where"], found[1]["why"]) == ("to_group", "nobody")
    assert Conversation.objects.get(pk=pk).assignee == lin


def test_presence_counts_as_a_connection_for_a_minute(account: Account) -> None:
    lin = Caller(a_user("lin", accounts=(account,)))
    nobody = {"state": "offline", "connected_until": None, "load": 0, "capacity": 8}
    assert lin.get("presence/") == (200, nobody)
    online = {**nobody, "state": "online", "connected_until": "2026-01-05T04:01:10+00:00"}
    assert lin.put("presence/", {"state": "online"}) == (200, online)
    assert lin.get("presence/") == (200, online)
    with time_machine.travel(at(71), tick=False):
        assert lin.get("presence/")[1]["state"] == "offline"
    assert lin.put("presence/", {"state": "lunch"})[0] == 400
    assert Agent.objects.get().state == "online"


def test_a_supervisor_takes_from_a_colleague_by_transferring(account: Account) -> None:
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    boss = a_user("boss", role=User.Role.SUPERVISOR, accounts=(account,))
    pk = taken(account, lin).pk
    status, found = Caller(jie).post(f"conversations/{pk}/transfer/", {"to_agent": "jie"})
    assert (status, found["by"]) == (403, "lin")
    assert Caller(boss).post(f"conversations/{pk}/transfer/", {"to_agent": "jie"})[0] == 200


def test_a_name_nobody_has_is_answered_like_one_who_may_not_answer_there(account: Account) -> None:
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    an_agent("stranger", an_account())
    pk = taken(account, lin).pk
    for caller in (Caller(lin), Caller(jie)):
        heard = [caller.post(f"conversations/{pk}/transfer/", {"to_agent": name}) for name in ("stranger", "nobody")]
        status, found = heard[1]
        assert heard[0] == (status, {**found, **({"agent": "stranger"} if "agent" in found else {})})


def test_a_closed_conversation_is_no_groups_any_more(account: Account) -> None:
    lin, jie = an_agent("lin", account), an_agent("jie", account)
    Group.objects.create(name="售后").members.add(jie)
    pk = taken(account, lin).pk
    Caller(lin).post(f"conversations/{pk}/transfer/", {"to_group": "售后"})
    Caller(jie).post(f"conversations/{pk}/accept/")
    assert Caller(jie).post(f"conversations/{pk}/close/")[0] == 200
    assert Conversation.objects.get(pk=pk).group is None
