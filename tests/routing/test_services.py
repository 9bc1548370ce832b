"""Accepting, requeueing, transferring, presence."""

from datetime import timedelta

import pytest

from inbox import errors
from inbox.models import Assignment, Conversation, Liveness, Membership, Message
from inbox.services.close import close
from routing.models import Agent, Group
from routing.services.accept import accept, accept_next
from routing.services.place import place
from routing.services.presence import drop_gone, requeue_left, set_presence
from routing.services.requeue import transfer_to_agent, transfer_to_group
from tests.clock import NOON, at
from tests.factories import a_user, an_account, an_agent, answered, said, taken
from tests.support.settling import deliver_next

pytestmark = pytest.mark.django_db


def test_accepting_opens_an_assignment_and_says_so() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent, at=at(7))

    assert (conversation.status, conversation.assignee, conversation.assigned_at) == ("assigned", agent, at(7))
    assert Assignment.objects.get().started_at == at(7)
    assert Message.objects.filter(type="accepted", author="system").count() == 1


def test_accepting_ones_own_again_changes_nothing() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    again = accept(conversation, agent=agent, now=at(9))

    assert again.pk == conversation.pk
    assert Assignment.objects.count() == 1


def test_the_loser_hears_who_won() -> None:
    account = an_account()
    conversation = taken(account, an_agent("lin", account))

    with pytest.raises(errors.AlreadyTaken) as lost:
        accept(conversation, agent=an_agent("wang", account), now=NOON)
    assert lost.value.data == {"by": "lin", "name": "lin"}


def test_refusals_come_in_the_order_online_capacity_taken() -> None:
    account = an_account()
    conversation = taken(account, an_agent("lin", account))
    busy = an_agent("busy", account, capacity=0, online=False)

    with pytest.raises(errors.NotOnline):
        accept(conversation, agent=busy, now=NOON)
    Agent.objects.filter(user=busy).update(state="online")
    with pytest.raises(errors.AtCapacity):
        accept(conversation, agent=busy, now=NOON)
    Agent.objects.filter(user=busy).update(capacity=1)
    with pytest.raises(errors.AlreadyTaken):
        accept(conversation, agent=busy, now=NOON)


def test_an_agent_without_a_heartbeat_is_not_online() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    Agent.objects.update(connected_until=NOON)

    with pytest.raises(errors.NotOnline):
        accept(said(account).conversation, agent=agent, now=NOON)


def test_a_conversation_answered_three_minutes_ago_occupies_nobody() -> None:
    account = an_account()
    agent = an_agent("lin", account, capacity=1)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(10))
    deliver_next(conversation.customer_id, at=at(10))
    other = said(account, customer="c2", at=at(11)).conversation

    with pytest.raises(errors.AtCapacity):
        accept(other, agent=agent, now=at(189))
    assert accept(other, agent=agent, now=at(191)).assignee == agent


def test_accept_next_takes_who_waits_longest() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    said(account, customer="c1", at=at(5))
    longest = said(account, customer="c2", at=at(1)).conversation
    got = accept_next(agent, now=at(6))

    assert got is not None
    assert got.pk == longest.pk
    assert accept_next(an_agent("wang"), now=at(6)) is None


def test_a_strangers_account_is_not_answered() -> None:
    conversation = said(an_account()).conversation

    with pytest.raises(errors.NotAllowed):
        accept(conversation, agent=an_agent("wang", an_account()), now=NOON)
    assert Conversation.objects.get().status == "queued"


def test_a_reopened_conversation_waits_a_moment_for_who_had_it() -> None:
    account = an_account()
    agent, other = an_agent("lin", account), an_agent("wang", account)
    conversation = taken(account, agent)
    close(conversation.pk, by=agent, now=at(10))
    received = said(account, "还有", at=at(60))
    place(received, now=at(60))

    with pytest.raises(errors.Reserved):
        accept(received.conversation, agent=other, now=at(74))
    assert accept_next(other, now=at(74)) is None
    assert accept(received.conversation, agent=other, now=at(75)).assignee == other


def test_what_an_owner_leaves_unanswered_is_queued_with_its_waiting_time() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    taken(account, agent, at=at(0))
    assert requeue_left(now=at(59)) == 0
    assert requeue_left(now=at(60)) == 1

    found = Conversation.objects.get()
    assert (found.status, found.waiting_since, found.urgent_at) == ("queued", at(0), at(0))
    ended = Assignment.objects.get()
    assert (ended.ended_by, ended.left_open, ended.agent) == ("silent", True, agent)


def test_who_accepts_late_has_the_same_minute() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = said(account, at=at(0)).conversation
    accept(conversation, agent=agent, now=at(50))

    assert requeue_left(now=at(109)) == 0
    assert requeue_left(now=at(110)) == 1


def test_a_reply_on_its_way_keeps_the_owner() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(59))

    assert requeue_left(now=at(61)) == 0


def test_the_gone_lose_what_waits_at_once_and_what_is_answered_after_five_minutes() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    quiet = taken(account, agent, customer="c1")
    answered(quiet, agent, at=at(1))
    deliver_next(quiet.customer_id, at=at(1))
    waiting = taken(account, agent, customer="c2", at=at(20))
    Agent.objects.update(connected_until=at(30))

    assert drop_gone(now=at(29)) == []
    assert drop_gone(now=at(30)) == [agent.pk]
    assert requeue_left(now=at(31)) == 1
    assert Conversation.objects.get(pk=waiting.pk).status == "queued"
    assert requeue_left(now=at(329)) == 0
    assert requeue_left(now=at(330)) == 1
    assert Conversation.objects.get(pk=quiet.pk).status == "queued"


def test_a_gap_of_our_own_web_tier_counts_for_nobody() -> None:
    account = an_account()
    an_agent("lin", account)
    Agent.objects.update(connected_until=at(30))
    Liveness.objects.create(part="web", seen_at=at(100), up_since=at(90))

    assert drop_gone(now=at(101)) == []
    Liveness.objects.update(seen_at=at(134))
    assert drop_gone(now=at(135)) != []


def test_a_word_just_after_our_own_gap_takes_nothing_from_the_owner() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(1))
    deliver_next(conversation.customer_id, at=at(1))
    Agent.objects.update(connected_until=at(10))
    Liveness.objects.create(part="web", seen_at=at(100), up_since=at(95))
    place(said(account, "还在吗", at=at(101)), now=at(101))

    assert Conversation.objects.get().assignee == agent


def test_while_the_web_tier_is_away_nobody_is_dropped() -> None:
    an_agent("lin", an_account())
    Agent.objects.update(connected_until=at(30))
    Liveness.objects.create(part="web", seen_at=at(20), up_since=at(-1000))

    assert drop_gone(now=at(60)) == []


def test_a_word_to_an_owner_who_is_gone_is_queued_at_once() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(1))
    deliver_next(conversation.customer_id, at=at(1))
    Agent.objects.update(connected_until=at(10))
    place(said(account, "还在吗", at=at(11)), now=at(11))

    assert Conversation.objects.get().status == "queued"
    assert Assignment.objects.get().ended_by == "gone"


def test_a_word_when_nobody_is_online_is_flagged() -> None:
    account = an_account()
    an_agent("lin", account, online=False)
    received = said(account)
    place(received, now=NOON)

    received.message.refresh_from_db()
    assert received.message.round is not None
    assert received.message.round.unattended is True


def test_a_transfer_goes_to_a_colleague_with_a_note() -> None:
    account = an_account()
    lin, wang = an_agent("lin", account), an_agent("wang", account)
    conversation = taken(account, lin)
    transfer_to_agent(conversation.pk, wang, note="尺码问题", by=lin, now=at(5))

    assert Conversation.objects.get().assignee == wang
    assert list(Assignment.objects.order_by("id").values_list("agent", "ended_by")) == [
        (lin.pk, "transferred"),
        (wang.pk, ""),
    ]
    assert Message.objects.get(type="note").text == "尺码问题"


def test_a_transfer_to_a_group_is_for_its_members_only() -> None:
    account = an_account()
    lin, wang, zhao = (an_agent(name, account) for name in ("lin", "wang", "zhao"))
    group = Group.objects.create(name="售后")
    group.members.add(zhao)
    conversation = taken(account, lin)
    transfer_to_group(conversation.pk, group, note="", by=lin, now=at(5))

    with pytest.raises(errors.NotAllowed):
        accept(conversation, agent=wang, now=at(6))
    assert accept_next(wang, now=at(6)) is None
    assert accept(conversation, agent=zhao, now=at(6)).assignee == zhao


def test_a_transfer_to_the_full_is_refused_unless_a_supervisor_does_it() -> None:
    account = an_account()
    lin, wang = an_agent("lin", account), an_agent("wang", account, capacity=0)
    boss = a_user("boss", role="supervisor", accounts=(account,))
    conversation = taken(account, lin)

    with pytest.raises(errors.AtCapacity):
        transfer_to_agent(conversation.pk, wang, note="", by=lin, now=at(5))
    assert transfer_to_agent(conversation.pk, wang, note="", by=boss, now=at(5)).assignee == wang


def test_presence_counts_as_a_connection_for_a_minute() -> None:
    agent = a_user("lin")
    row = set_presence(agent, "online", now=at(0))

    assert (row.state, row.is_online(at(59)), row.is_online(at(60))) == ("online", True, False)
    assert row.connected_until == at(0) + timedelta(seconds=60)


def test_losing_membership_takes_the_right_to_accept() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = said(account).conversation
    Membership.objects.all().delete()

    with pytest.raises(errors.NotAllowed):
        accept(conversation, agent=agent, now=NOON)
