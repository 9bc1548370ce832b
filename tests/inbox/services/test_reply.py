"""Replies: reserved, in order, each at most once."""

from datetime import timedelta

import pytest

from inbox import errors
from inbox.access import access_of
from inbox.models import Account, Grant, Media, Membership, Message
from inbox.quota import quota
from inbox.services.close import close
from inbox.services.deliver import claim, hand_over, left_behind, next_waiting
from inbox.services.reply import Draft, reply
from inbox.services.resolve import resolve, retry
from inbox.services.settle import settle
from platforms.base import Receipt
from platforms.content import Image, MediaFile, Text
from platforms.errors import FateUnknown, NotTaken, QuotaExhausted, WindowClosed
from tests.clock import at
from tests.factories import an_account, an_agent, answered, said, taken
from tests.support.settling import deliver_next

pytestmark = pytest.mark.django_db

HOURS = 3600


def test_a_reply_stands_in_line_and_takes_one_of_the_quota() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))

    assert (message.state, message.position) == ("queued", message.pk)
    assert quota(conversation.customer_id, now=at(1)).left == 4


def test_the_same_client_id_is_the_same_message_even_when_the_quota_is_gone() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    draft = Draft(content=Text(text="在的"), client_id="c1")
    first, is_new = reply(conversation.pk, draft, author=agent, now=at(1))
    for _ in range(4):
        answered(conversation, agent, at=at(1))
    again, is_new_again = reply(conversation.pk, draft, author=agent, now=at(2))

    assert (is_new, is_new_again, again) == (True, False, first)


def test_only_the_owner_replies_and_hears_who_that_is() -> None:
    account = an_account()
    conversation = taken(account, an_agent("lin", account))
    other = an_agent("wang", account)

    with pytest.raises(errors.NotYours) as refused:
        answered(conversation, other)
    assert refused.value.data == {"by": "lin"}
    assert Message.objects.filter(author="agent").count() == 0


def test_a_trainee_may_not_reply() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    Membership.objects.update(may_reply=False)

    with pytest.raises(errors.NotAllowed):
        answered(conversation, agent)


def test_a_closed_conversation_takes_no_reply() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    close(conversation.pk, by=agent, now=at(5))

    with pytest.raises(errors.ConversationClosed):
        answered(conversation, agent, at=at(6))


def test_the_sixth_reply_is_refused_and_a_new_word_allows_five_again() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    for n in range(5):
        answered(conversation, agent, at=at(1 + n))
        deliver_next(conversation.customer_id, at=at(1 + n))
    with pytest.raises(errors.QuotaExhausted) as refused:
        answered(conversation, agent, at=at(9))
    assert refused.value.data == {"reopens": "customer_message"}

    said(account, "还在吗", at=at(10))
    assert quota(conversation.customer_id, now=at(10)).left == 5


@pytest.mark.parametrize(("after", "open_"), [(48 * HOURS - 1, True), (48 * HOURS, False), (48 * HOURS + 1, False)])
def test_the_window_closes_to_the_second(after: float, open_: bool) -> None:
    account = an_account()
    agent = an_agent("lin", account, now=at(0))
    conversation = taken(account, agent)
    if open_:
        assert answered(conversation, agent, at=at(after)).state == "queued"
        return
    with pytest.raises(errors.WindowClosed):
        answered(conversation, agent, at=at(after))


def test_an_account_may_have_numbers_of_its_own() -> None:
    account = an_account(options={"grant.message": "2/60"})
    agent = an_agent("lin", account)
    conversation = taken(account, agent)

    assert quota(conversation.customer_id, now=at(59)).left == 2
    assert quota(conversation.customer_id, now=at(60)).left == 0


def test_a_new_word_takes_over_what_is_still_on_its_way() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(1))
    answered(conversation, agent, at=at(1))
    said(account, "还有", at=at(2))

    assert quota(conversation.customer_id, now=at(3)).left == 3


def test_a_reply_that_may_no_longer_leave_fails_with_the_reason_before_any_byte_left() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(48 * HOURS - 1))

    assert claim(conversation.customer_id, now=at(48 * HOURS + 1)) is None
    message.refresh_from_db()
    assert (message.state, message.error, message.attempt) == ("failed", "window_closed", 0)


def test_a_paused_account_sends_nothing() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    Account.objects.update(state="paused")

    assert claim(conversation.customer_id, now=at(2)) is None
    message.refresh_from_db()
    assert (message.state, message.error) == ("failed", "account_unavailable")


def test_replies_leave_in_the_order_they_were_written() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    written = [answered(conversation, agent, text, at=at(1)) for text in ("一", "二", "三")]

    assert [deliver_next(conversation.customer_id, at=at(2)) for _ in range(4)] == [*written, None]


def test_one_that_waits_for_another_try_holds_the_line() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    first = answered(conversation, agent, "一", at=at(1))
    answered(conversation, agent, "二", at=at(1))
    deliver_next(conversation.customer_id, at=at(2), outcome=NotTaken("busy", retry_after=timedelta(seconds=5)))

    assert claim(conversation.customer_id, now=at(6)) is None
    attempt = claim(conversation.customer_id, now=at(7))
    assert attempt is not None
    assert (attempt.message, attempt.number) == (first.pk, 2)


def test_tries_are_bounded() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    for n in range(6):
        deliver_next(conversation.customer_id, at=at(100 * (n + 1)), outcome=NotTaken("down"))

    message.refresh_from_db()
    assert (message.state, message.error, message.attempt) == ("failed", "platform_unavailable", 6)
    assert quota(conversation.customer_id, now=at(700)).left == 5


def test_a_lost_answer_is_unknown_and_holds_up_nobody() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    lost = answered(conversation, agent, "一", at=at(1))
    second = answered(conversation, agent, "二", at=at(1))
    deliver_next(conversation.customer_id, at=at(2), outcome=FateUnknown("time-out"))

    lost.refresh_from_db()
    assert (lost.state, lost.error) == ("unknown", "fate_unknown")
    assert deliver_next(conversation.customer_id, at=at(3)) == second
    assert quota(conversation.customer_id, now=at(3)).left == 3


def test_a_worker_that_dies_leaves_an_unknown_reply_when_its_lease_is_over() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    assert claim(conversation.customer_id, now=at(2)) is not None

    assert claim(conversation.customer_id, now=at(31)) is None
    assert Message.objects.get(pk=message.pk).state == "sending"
    assert left_behind(now=at(33)) == [conversation.customer_id]
    assert claim(conversation.customer_id, now=at(33)) is None
    assert Message.objects.get(pk=message.pk).state == "unknown"


def test_a_late_answer_of_the_same_attempt_still_counts() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    attempt = claim(conversation.customer_id, now=at(2))
    assert attempt is not None
    claim(conversation.customer_id, now=at(33))

    settle(attempt.message, attempt=1, key=attempt.key, outcome=Receipt(), now=at(34))
    assert Message.objects.get(pk=message.pk).state == "sent"


def test_the_answer_of_an_attempt_before_a_retry_is_dropped() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    attempt = claim(conversation.customer_id, now=at(2))
    assert attempt is not None
    claim(conversation.customer_id, now=at(33))
    retry(message.pk, by=agent, confirmed=True, now=at(40))

    assert settle(attempt.message, attempt=1, key=attempt.key, outcome=Receipt(), now=at(41)) is None
    assert Message.objects.get(pk=message.pk).state == "queued"


def test_the_platform_is_the_truth_about_the_quota() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    refusal = QuotaExhausted("45047", platform_code="45047")
    deliver_next(conversation.customer_id, at=at(2), outcome=refusal)

    message.refresh_from_db()
    assert (message.state, message.error) == ("failed", "quota_exhausted")
    assert quota(conversation.customer_id, now=at(3)).left == 0
    with pytest.raises(errors.QuotaExhausted):
        answered(conversation, agent, at=at(4))
    said(account, "在吗", at=at(5))
    assert quota(conversation.customer_id, now=at(5)).left == 5


def test_a_window_that_the_platform_closed_is_closed() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(1))
    deliver_next(conversation.customer_id, at=at(2), outcome=WindowClosed("45015"))

    with pytest.raises(errors.WindowClosed):
        answered(conversation, agent, at=at(4))


def test_a_refusal_does_not_close_a_grant_that_began_after_the_attempt() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    answered(conversation, agent, at=at(1))
    attempt = claim(conversation.customer_id, now=at(2))
    assert attempt is not None
    said(account, "新的一句", at=at(3))
    settle(attempt.message, attempt=1, key=attempt.key, outcome=QuotaExhausted("45047"), now=at(4))

    assert Grant.objects.filter(refusal="quota_exhausted").count() == 1
    assert quota(conversation.customer_id, now=at(5)).left == 5


def test_an_unknown_reply_is_repeated_only_with_a_humans_word_and_counts_twice() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    deliver_next(conversation.customer_id, at=at(2), outcome=FateUnknown("time-out"))
    with pytest.raises(errors.WrongState):
        retry(message.pk, by=agent, confirmed=False, now=at(3))

    again = retry(message.pk, by=agent, confirmed=True, now=at(3))
    assert (again.state, again.attempt_key != message.attempt_key) == ("queued", True)
    assert quota(conversation.customer_id, now=at(4)).left == 3


def test_a_retried_reply_stands_at_the_end_of_the_line() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    first = answered(conversation, agent, "一", at=at(1))
    deliver_next(conversation.customer_id, at=at(2), outcome=WindowClosed("45015"))
    said(account, "在吗", at=at(3))
    second = answered(conversation, agent, "二", at=at(4))
    retry(first.pk, by=agent, confirmed=False, now=at(5))

    assert [deliver_next(conversation.customer_id, at=at(6)) for _ in range(2)] == [second, first]


def test_not_sent_gives_the_reservation_back() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    deliver_next(conversation.customer_id, at=at(2), outcome=FateUnknown("time-out"))
    resolved = resolve(message.pk, sent=False, by=agent, now=at(10))

    assert (resolved.state, resolved.error) == ("failed", "not_sent")
    assert quota(conversation.customer_id, now=at(11)).left == 5


def test_a_file_that_is_gone_fails_before_any_byte_left() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    media = Media.objects.create(
        account=account, conversation=conversation, state="stored", file="gone.png", name="x.png", created_at=at(0)
    )
    image = Image(file=MediaFile(name="x.png", mime="image/png", body=b"x"))
    message, _ = reply(conversation.pk, Draft(content=image, media=media), author=agent, now=at(1))
    attempt = claim(conversation.customer_id, now=at(2))
    assert attempt is not None
    outcome = hand_over(attempt, access=access_of(account))
    settle(attempt.message, attempt=1, key=attempt.key, outcome=outcome, now=at(3))

    message.refresh_from_db()
    assert (message.state, message.error) == ("failed", "content_refused")


def test_its_author_settles_an_unknown_reply_also_after_the_close() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    conversation = taken(account, agent)
    message = answered(conversation, agent, at=at(1))
    deliver_next(conversation.customer_id, at=at(2), outcome=FateUnknown("time-out"))
    close(conversation.pk, by=agent, now=at(5))

    assert resolve(message.pk, sent=True, by=agent, now=at(6)).state == "sent"
    with pytest.raises(errors.ConversationClosed):
        resolve(message.pk, sent=True, by=an_agent("wang", account), now=at(7))


def test_a_place_that_became_free_goes_to_the_head_of_another_line() -> None:
    account = an_account()
    agent = an_agent("lin", account)
    waiting = taken(account, agent, customer="c1")
    answered(waiting, agent, at=at(1))
    deliver_next(waiting.customer_id, at=at(1), outcome=NotTaken("busy", retry_after=timedelta(seconds=60)))
    answered(waiting, agent, at=at(2))  # due, but not first in its line
    other = taken(account, agent, customer="c2", at=at(2))
    answered(other, agent, at=at(3))

    assert next_waiting(account, now=at(4)) == other.customer_id
    assert left_behind(now=at(4)) == [other.customer_id]
