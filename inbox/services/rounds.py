"""Opening and ending rounds, in the transactions that open and end them (domain.md §5).

A word joins or opens the open round; whatever may end one calls `retrace`, which works the rounds out again from what
was said (`inbox.trace`) and writes down the difference. The caller holds the locks of customer and conversation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from inbox.hours import in_hours
from inbox.models import Account, Assignment, Conversation, Message, Round, RoundChange
from inbox.trace import Boundary, Reply, Traced, Word, trace

BOUNDARIES = {"closed": Round.State.MISSED, "dismissed": Round.State.DISMISSED}
HOLLOW = frozenset({"在", "在的", "您好", "你好", "稍等", "请稍等", "亲", "亲亲", "嗯", "好的"})
CLOCKS = ("active_at", "waiting_since", "due_at", "urgent_at")  # of a conversation; their caller saves them
NOBODY_WAITS = timedelta(days=3650)


def open_round(conversation: Conversation) -> Round | None:
    """The round that waits, if any."""
    return Round.objects.filter(conversation=conversation, state=Round.State.OPEN).first()


def hear(conversation: Conversation, *, said_at: datetime, received_at: datetime, now: datetime) -> Round:
    """The round that a customer's word belongs to: the open one, else a new one from the platform's time."""
    start = min(said_at, received_at)
    waiting = open_round(conversation) if conversation.waiting_since else None
    if waiting is None:
        return _opened(conversation, start=start, received_at=received_at, now=now)
    if start < waiting.started_at:  # a late push was said before what waits already
        _note_change(waiting)
        _set_start(waiting, conversation.account, start=start, received_at=received_at)
        waiting.save(update_fields=["started_at", "received_at", "in_hours", "arrived_late"])
        _note_change(waiting)
        _show_waiting(conversation, waiting)
    return waiting


def retrace(conversation: Conversation, *, now: datetime, whole: bool = False) -> None:
    """Work out again what the open round (or the `whole` conversation) has become, and write it down."""
    since = 0 if whole else _first_open_word(conversation)
    if since is None:
        return
    belongs = dict(_words(conversation, since).values_list("id", "round_id"))
    known = Round.objects.filter(conversation=conversation)
    rows = {row.pk: row for row in (known if whole else known.filter(pk__in=belongs.values()))}
    pairs = []
    told = trace(_heard(conversation, since), _replies(conversation, since), _boundaries(conversation, since))
    for number, found in enumerate(told):
        mine = next((belongs[word.id] for word in found.words if belongs[word.id] in rows), None)
        row = rows.pop(mine) if mine is not None else Round(conversation=conversation, account=conversation.account)
        if whole or mine is None:  # part of a conversation begins with a round that is there
            row.is_first = whole and number == 0
        pairs.append((row, found))
    for row in rows.values():
        _give_up(row, now=now)
    for row, found in sorted(pairs, key=lambda pair: pair[1].end is None):  # the one that is open comes last
        _write(row, found, conversation)
    _show_waiting(conversation, open_round(conversation))


def answer(conversation: Conversation, reply: Message, *, now: datetime) -> None:
    """A reply was taken: end what it answers. Only one that comes out of order looks at the whole conversation."""
    later_end = Q(ended_at__gte=reply.sent_at)
    boundary = Q(author=Message.Author.SYSTEM, type__in=BOUNDARIES, id__gt=reply.position or reply.pk)
    out_of_order = (
        Round.objects.filter(later_end, conversation=conversation).exists()
        or conversation.messages.filter(boundary).exists()
    )
    retrace(conversation, now=now, whole=out_of_order)


def flag_failed_reply(conversation: Conversation, reply: Message) -> None:
    """The platform did not take a reply: the round it would have ended is shown apart."""
    waiting = Round.objects.filter(conversation=conversation, state=Round.State.OPEN, reply_failed=False)
    waiting = waiting.filter(messages__id__lt=reply.position).distinct()
    for row in waiting:
        row.reply_failed = True
        row.save(update_fields=["reply_failed"])
        _note_change(row)


def flag_unattended(conversation: Conversation) -> None:
    """Nobody who could answer was online when the open round came."""
    for row in Round.objects.filter(conversation=conversation, state=Round.State.OPEN, unattended=False):
        row.unattended = True
        row.save(update_fields=["unattended"])


def urgency(waiting_since: datetime | None, active_at: datetime) -> datetime:
    """What lists are ordered by, the smaller the sooner: who waits longest, then who does not wait at all."""
    return waiting_since or active_at + NOBODY_WAITS


def _opened(conversation: Conversation, *, start: datetime, received_at: datetime, now: datetime) -> Round:
    first = not Round.objects.filter(conversation=conversation).exclude(state=Round.State.WITHDRAWN).exists()
    row = Round(conversation=conversation, account=conversation.account, is_first=first, handed_at=now)
    _set_start(row, conversation.account, start=start, received_at=received_at)
    row.save(force_insert=True)
    _note_change(row)
    _show_waiting(conversation, row)
    return row


def _set_start(row: Round, account: Account, *, start: datetime, received_at: datetime) -> None:
    row.started_at, row.received_at = start, received_at
    row.in_hours = in_hours(account.service_hours, start, timezone.get_default_timezone())
    row.arrived_late = received_at - start > settings.LATE_PUSH_AFTER


def _show_waiting(conversation: Conversation, waiting: Round | None) -> None:
    """Set the conversation's clocks; the caller saves them."""
    conversation.waiting_since = waiting.started_at if waiting else None
    conversation.due_at = waiting.started_at + conversation.account.target if waiting else None
    conversation.urgent_at = urgency(conversation.waiting_since, conversation.active_at)


def _first_open_word(conversation: Conversation) -> int | None:
    open_words = Message.objects.filter(conversation=conversation, round__state=Round.State.OPEN)
    return open_words.order_by("id").values_list("id", flat=True).first()


def _words(conversation: Conversation, since: int) -> QuerySet[Message]:
    words = conversation.messages.filter(author=Message.Author.CUSTOMER, counts=True, recalled_at=None)
    return words.filter(id__gte=since).order_by("id")


def _heard(conversation: Conversation, since: int) -> list[Word]:
    rows = _words(conversation, since).values_list("id", "sent_at", "received_at")
    return [Word(pk, min(sent_at or received_at, received_at), received_at) for pk, sent_at, received_at in rows]


def _replies(conversation: Conversation, since: int) -> Iterable[Reply]:
    human = Q(author=Message.Author.AGENT, state=Message.State.SENT, position__gt=since)
    outside = Q(author=Message.Author.OUTSIDE, id__gt=since)
    for row in conversation.messages.filter(human | outside):
        agent = row.sender_id if row.author == Message.Author.AGENT else None
        yield Reply(row.pk, row.position or row.pk, row.sent_at or row.received_at, row.received_at, agent)


def _boundaries(conversation: Conversation, since: int) -> Iterable[Boundary]:
    marks = conversation.messages.filter(author=Message.Author.SYSTEM, type__in=BOUNDARIES, id__gt=since)
    for pk, kind, at, by in marks.values_list("id", "type", "received_at", "sender_id"):
        yield Boundary(pk, at, BOUNDARIES[kind], by)


def _write(row: Round, found: Traced, conversation: Conversation) -> None:
    if row.pk:
        _note_change(row)
    else:
        row.handed_at = found.first.received_at
    _set_start(row, conversation.account, start=found.first.start, received_at=found.first.received_at)
    _set_end(row, found, conversation)
    row.save()
    Message.objects.filter(id__in=[word.id for word in found.words]).exclude(round=row).update(round=row)
    _note_change(row)


def _set_end(row: Round, found: Traced, conversation: Conversation) -> None:
    end = found.end
    row.agent_id = row.reply_id = row.accepted_at = row.written_at = row.ended_at = None
    row.state, row.hollow = Round.State.OPEN, False
    if isinstance(end, Boundary):
        row.state, row.ended_at, row.agent_id = end.state, end.at, end.agent
    elif isinstance(end, Reply):
        row.state = Round.State.ANSWERED if end.agent else Round.State.OUTSIDE
        row.agent_id, row.reply_id, row.ended_at, row.written_at = (
            end.agent,
            end.id,
            end.took_at,
            end.written_at,
        )
        row.hollow = _is_hollow(end)
    row.accepted_at = _accepted_at(conversation, row.agent_id, row.ended_at)


def _accepted_at(conversation: Conversation, agent: int | None, ended_at: datetime | None) -> datetime | None:
    """Since when the agent who ended a round had the conversation."""
    if agent is None or ended_at is None:
        return None
    mine = Assignment.objects.filter(conversation=conversation, agent_id=agent, started_at__lte=ended_at)
    return mine.order_by("-started_at").values_list("started_at", flat=True).first()


def _is_hollow(reply: Reply) -> bool:
    text = Message.objects.values_list("text", flat=True).get(pk=reply.id)
    return text.strip(" ~～。.!！,，\n") in HOLLOW


def _give_up(row: Round, *, now: datetime) -> None:
    """Every word of it was taken back, or has become part of another round."""
    if row.state == Round.State.WITHDRAWN:
        return
    _note_change(row)
    if not row.messages.filter(recalled_at__isnull=False).exists():
        row.delete()
        return
    row.state, row.ended_at = Round.State.WITHDRAWN, now
    row.agent_id = row.reply_id = row.accepted_at = row.written_at = None
    row.save()
    _note_change(row)


def _note_change(row: Round) -> None:
    hour = row.started_at.replace(minute=0, second=0, microsecond=0)
    RoundChange.objects.create(account_id=row.account_id, agent_id=row.agent_id, hour=hour)
