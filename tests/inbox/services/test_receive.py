"""A customer's word becomes a conversation that waits."""

import pytest

from inbox.models import Conversation, Message, Round
from inbox.quota import quota
from inbox.services.close import close
from inbox.services.receive import enter, receive
from platforms.content import MediaRef, MiniProgramCard
from platforms.events import Entry, SessionEntered
from tests.clock import NOON, at
from tests.factories import a_word, an_account, an_agent, answered, said, taken
from tests.support.settling import deliver_next

pytestmark = pytest.mark.django_db


def entered(seconds: float, customer: str = "customer-1") -> SessionEntered:
    entry = Entry(kind="session_from", value="order:7")
    return SessionEntered(
        key=f"e:{seconds}", customer=customer, entered_at=at(seconds), entry=entry, raw={"SessionFrom": "order:7"}
    )


def test_the_first_word_opens_a_queued_conversation_with_an_open_round() -> None:
    account = an_account()
    received = said(account, "在吗", at=at(3), sent_at=at(1))

    conversation = Conversation.objects.get()
    assert conversation.status == "queued"
    assert (conversation.waiting_since, conversation.due_at) == (at(1), at(31))
    assert (conversation.urgent_at, conversation.unread) == (at(1), 1)
    assert conversation.last_message == received.message
    row = Round.objects.get()
    assert (row.state, row.is_first, row.started_at, row.received_at) == ("open", True, at(1), at(3))
    assert (row.in_hours, row.arrived_late) == (True, False)
    assert received.message.round == row


def test_a_second_word_joins_the_round_that_waits() -> None:
    account = an_account()
    said(account, at=at(0))
    said(account, "有人吗", at=at(9))

    assert Round.objects.get().started_at == at(0)
    assert Conversation.objects.get().unread == 2
    assert Message.objects.filter(round=Round.objects.get()).count() == 2


def test_the_same_event_again_changes_nothing() -> None:
    account = an_account()
    word = a_word(name="m1")
    receive(word, account=account, received_at=NOON, now=NOON)

    assert receive(word, account=account, received_at=at(60), now=at(60)) is None
    assert Message.objects.get().received_at == NOON
    assert Conversation.objects.get().revision == 2


def test_the_retry_of_a_word_hours_after_the_close_opens_nothing() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent, name="m1")
    close(conversation.pk, by=agent, now=at(60))

    assert receive(a_word(name="m1"), account=account, received_at=at(3 * 3600), now=at(3 * 3600)) is None
    assert Conversation.objects.get().status == "closed"


def test_a_clock_that_runs_ahead_counts_from_our_receipt() -> None:
    account = an_account()
    said(account, at=at(0), sent_at=at(120))

    assert Round.objects.get().started_at == at(0)
    assert quota(Conversation.objects.get().customer_id, now=at(0)).expires_at == at(48 * 3600)


def test_a_push_that_comes_more_than_five_seconds_late_is_flagged() -> None:
    account = an_account()
    said(account, at=at(5.1), sent_at=at(0))

    assert Round.objects.get().arrived_late is True


def test_a_word_of_before_what_waits_moves_the_start_back() -> None:
    account = an_account()
    said(account, at=at(10))
    said(account, at=at(12), sent_at=at(4))

    assert Round.objects.get().started_at == at(4)
    assert Conversation.objects.get().waiting_since == at(4)


def test_within_ten_minutes_of_the_close_the_same_conversation_reopens() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    close(conversation.pk, by=agent, now=at(60))
    said(account, "还有一个问题", at=at(600))

    reopened = Conversation.objects.get()
    assert (reopened.status, reopened.closed_at, reopened.last_assignee) == ("queued", None, agent)
    assert list(Round.objects.order_by("id").values_list("state", "is_first")) == [("missed", True), ("open", False)]


def test_later_than_that_it_is_a_new_conversation() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    close(conversation.pk, by=agent, now=at(60))
    said(account, "还有一个问题", at=at(661))

    assert list(Conversation.objects.order_by("id").values_list("status", flat=True)) == ["closed", "queued"]


def test_a_thanks_after_the_close_is_kept_and_rings_nobody() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    close(conversation.pk, by=agent, now=at(60))
    received = said(account, "谢谢！", at=at(90))

    assert received.rings is False
    assert Conversation.objects.get().status == "closed"
    assert Message.objects.get(text="谢谢！").counts is False
    assert Round.objects.filter(state="open").count() == 0


def test_entering_opens_a_grant_and_no_conversation() -> None:
    account = an_account()
    customer = enter(entered(0), account=account, received_at=at(0), now=at(0))

    assert customer is not None
    assert Conversation.objects.count() == 0
    assert (quota(customer.pk, now=at(59)).left, quota(customer.pk, now=at(60)).left) == (2, 0)


def test_the_first_word_after_entering_knows_where_they_came_in() -> None:
    account = an_account()
    enter(entered(0), account=account, received_at=at(0), now=at(0))
    said(account, at=at(5))

    conversation = Conversation.objects.get()
    assert (conversation.entry_kind, conversation.entry_value) == ("session_from", "order:7")


def test_entering_does_not_add_to_a_message_grant() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    for n in range(4):
        answered(conversation, agent, at=at(1 + n))
        deliver_next(conversation.customer_id, at=at(1 + n))
    assert quota(conversation.customer_id, now=at(9)).left == 1

    enter(entered(10), account=account, received_at=at(10), now=at(10))
    assert quota(conversation.customer_id, now=at(11)).left == 2
    assert quota(conversation.customer_id, now=at(70)).left == 1


def test_a_late_push_renews_no_grant() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent, at=at(100))
    for n in range(5):
        answered(conversation, agent, at=at(101 + n))
        deliver_next(conversation.customer_id, at=at(101 + n))
    said(account, "迟到的一句", at=at(200), sent_at=at(50))

    assert quota(conversation.customer_id, now=at(201)).left == 0


def test_a_cards_thumbnail_is_kept_to_be_fetched() -> None:
    account = an_account()
    card = MiniProgramCard(title="云朵羽绒服", app_id="wx1", path="p", media=MediaRef(id="thumb"))
    message = said(account, card).message

    assert message.media is not None
    assert (message.type, message.media.state, message.media.source["id"]) == ("mini_program_card", "pending", "thumb")
