"""The proof finds whatever is not as it must be, and only that."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from inbox.models import Conversation, Message, Round, RoundChange, User
from metrics import services
from metrics.models import Rollup
from metrics.services import Difference, told
from metrics.services.verify import ADDED
from tests.clock import at
from tests.factories import a_user, an_account
from tests.metrics.builders import a_change, a_conversation, a_message, a_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> User:
    return a_user("wang")


@pytest.fixture
def talk(agent: User) -> Conversation:
    """Two words answered by one reply, one that was missed, one that waits, one taken back; all added up."""
    talk = a_conversation(an_account())
    first = [a_message(talk, "customer", at=at(seconds)) for seconds in (0, 3)]
    reply = a_reply(talk, agent, at=at(20))
    _round(talk, first, "answered", ended=20, agent=agent, reply=reply, is_first=True)
    missed = a_message(talk, "customer", at=at(50))
    a_message(talk, "system", at=at(90), type="closed", state="internal", sender=agent, sent_at=None)
    _round(talk, [missed], "missed", ended=90, agent=agent)
    back = a_message(talk, "customer", at=at(110), recalled_at=at(115))
    _round(talk, [back], "withdrawn", ended=115)
    _round(talk, [a_message(talk, "customer", at=at(120))], "open")
    a_message(talk, "customer", at=at(125), counts=False)
    services.add_up()
    assert found() == []
    return talk


def _round(
    talk: Conversation, words: list[Message], state: str, *, ended: float | None = None, **fields: object
) -> None:
    start = words[0].sent_at
    times = {"started_at": start, "received_at": start, "handed_at": start}
    defaults = {"is_first": False, "ended_at": None if ended is None else at(ended), "account": talk.account}
    row = Round.objects.create(conversation=talk, state=state, **{**times, **defaults, **fields})
    Message.objects.filter(pk__in=[word.pk for word in words]).update(round=row)
    a_change(row)


def found() -> list[Difference]:
    return list(services.verify(services.Report(), batch=2))


def rounds_that_differ() -> set[str]:
    return {difference.field for difference in found() if "conversation" in difference.place}


def answered() -> Round:
    return Round.objects.get(state="answered")


TAMPERING: dict[str, tuple[Callable[[], object], set[str]]] = {
    "a later start": (lambda: Round.objects.filter(state="answered").update(started_at=at(1)), {"started_at"}),
    "another receipt": (lambda: Round.objects.filter(state="missed").update(received_at=at(51)), {"received_at"}),
    "a faster reply": (lambda: Round.objects.filter(state="answered").update(ended_at=at(5)), {"ended_at"}),
    "another agent": (lambda: Round.objects.filter(state="answered").update(agent=a_user()), {"agent"}),
    "another reply": (
        lambda: Round.objects.filter(state="answered").update(reply=Message.objects.filter(author="customer")[0]),
        {"reply"},
    ),
    "another account": (lambda: Round.objects.filter(state="open").update(account=an_account()), {"account"}),
    "another first round": (lambda: Round.objects.filter(state="missed").update(is_first=True), {"is_first"}),
    "a missed round dismissed": (lambda: Round.objects.filter(state="missed").update(state="dismissed"), {"state"}),
    "a missed round withdrawn": (lambda: Round.objects.filter(state="missed").update(state="withdrawn"), {"state"}),
    "a withdrawn round missed": (
        lambda: Round.objects.filter(state="withdrawn").update(state="missed", agent=None),
        {"state"},
    ),
    "a word moved": (
        lambda: Message.objects.filter(sent_at=at(3)).update(round=Round.objects.get(state="open")),
        {"words"},
    ),
    "a word left out": (lambda: Message.objects.filter(sent_at=at(3)).update(round=None), {"words"}),
    "a round removed": (lambda: Round.objects.filter(state="missed").delete(), {"words"}),
    "a reply that failed after all": (
        lambda: Message.objects.filter(author="agent").update(state="failed"),
        {"state", "ended_at", "reply", "words"},
    ),
    "a word said earlier": (lambda: Message.objects.filter(sent_at=at(0)).update(sent_at=at(-4)), {"started_at"}),
    "all words recalled": (lambda: Message.objects.filter(sent_at=at(50)).update(recalled_at=at(60)), {"state"}),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_with_rounds_or_messages_is_found(talk: Conversation, name: str) -> None:
    tamper, fields = TAMPERING[name]
    tamper()
    assert rounds_that_differ() >= fields
    assert {difference.place["conversation"] for difference in found() if "round" in difference.place} == {talk.pk}


def test_a_round_without_any_word_must_be_withdrawn(talk: Conversation) -> None:
    extra = Round.objects.get(state="withdrawn")
    extra.pk, extra.state = None, "missed"
    extra.save(force_insert=True)
    assert [str(difference) for difference in found() if "round" in difference.place] == [
        f"conversation {talk.pk}, round {extra.pk}: state is missed, must be withdrawn"
    ]


@pytest.mark.parametrize("column", ADDED)
def test_every_column_of_a_rollup_is_checked(talk: Conversation, column: str) -> None:
    row = Rollup.objects.get(agent=None)
    setattr(row, column, at(1) - at(0) if column == "capped_wait" else 99)
    row.save()
    (difference,) = found()
    assert difference.field == column
    assert difference.place == {"account": talk.account_id, "agent": None, "hour": row.hour}


def test_rollups_that_are_missing_or_have_no_rounds_are_found(talk: Conversation, agent: User) -> None:
    Rollup.objects.filter(agent=agent).update(agent=a_user())
    assert [(one.expected, one.found) for one in found()] in ([(2, None), (None, 2)], [(None, 2), (2, None)])


def test_hours_that_are_yet_to_be_added_up_are_not_judged(talk: Conversation) -> None:
    row = Rollup.objects.get(agent=None)
    Rollup.objects.all().delete()
    RoundChange.objects.create(account=talk.account, hour=row.hour)
    report = services.Report()
    assert list(services.verify(report)) == []
    assert (report.conversations, report.rounds, report.waiting) == (1, 4, 1)


def test_the_command_says_how_much_it_looked_at_and_ends_well(talk: Conversation) -> None:
    out = StringIO()
    call_command("metrics", "verify", stdout=out)
    assert out.getvalue() == "1 conversations, 4 rounds, 2 rollups: 0 differences\n"


def test_the_command_prints_each_difference_and_exits_1(talk: Conversation) -> None:
    Round.objects.filter(state="missed").update(received_at=at(51))
    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("metrics", "verify", "--json", stdout=out)
    assert exit_.value.code == 1
    difference, report = map(json.loads, out.getvalue().splitlines())
    assert difference == {
        "conversation": talk.pk,
        "round": Round.objects.get(state="missed").pk,
        "field": "received_at",
        "expected": "2026-01-05T04:00:50+00:00",
        "found": "2026-01-05T04:00:51+00:00",
    }
    assert report == {"conversations": 1, "rounds": 4, "rollups": 2, "waiting": 0, "differences": 1}


def test_the_command_adds_up_anew(talk: Conversation) -> None:
    Rollup.objects.update(rounds=99)
    call_command("metrics", "rebuild", stdout=StringIO())
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_each_batch_is_read_in_a_snapshot_that_writes_nothing(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spied(conversations: list[int]) -> dict[int, told.History]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
            seen.append(cursor.fetchone())
        return told_histories(conversations)

    told_histories = told.histories
    monkeypatch.setattr(told, "histories", spied)
    assert found() == []
    assert seen == [("repeatable read", "on")]
