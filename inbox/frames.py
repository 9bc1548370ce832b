"""Events become frames (docs/socket.md): the state of now, rendered once per language, for those who may see it.

A few queries serve any number of events. Who may see what: inbox/realtime.py, groups.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.utils import translation
from prometheus_client import Counter
from redis.exceptions import RedisError

from inbox import hub, realtime, shapes
from inbox.models import Account, Conversation, Membership, Message, User
from inbox.queries import with_answers, with_row
from inbox.quota import Quota, quotas
from inbox.realtime import Event

log = structlog.get_logger(__name__)
lost = Counter("onequeue_frames_lost_total", "Frames the bus did not take; pages refetch")

CLOSE = '{"type":"access"}'  # never sent on: it closes the sockets that hear it


@dataclass(frozen=True, slots=True)
class Frame:
    """A text for everybody who is in one of the groups."""

    groups: Sequence[str]
    text: str


def broadcast(events: Sequence[Event], *, now: datetime) -> None:
    """Tell all pages of `events`; a bus that is away is logged."""
    frames = list(_frames(events, _Known.of(events, now=now)))
    try:
        hub.send((frame.groups, frame.text) for frame in frames)
    except RedisError as error:
        lost.inc(len(frames))
        log.warning("frames.lost", count=len(frames), error=type(error).__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """The state of now of all that `events` are about."""

    now: datetime
    languages: list[str]
    conversations: dict[int, Conversation]
    quotas: dict[int, Quota]
    messages: dict[int, Message]
    people: dict[int, User]
    members: dict[int, list[int]]  # of a conversation that was given to a group

    @classmethod
    def of(cls, events: Iterable[Event], *, now: datetime) -> _Known:
        """Read it."""
        messages = with_answers(Message.objects.filter(pk__in=_ids(events, realtime.MessageChanged, "message")))
        found = {message.pk: message for message in messages}
        wanted = {message.conversation_id for message in found.values()}
        for kind in (realtime.ConversationChanged, realtime.ConversationTaken, realtime.ConversationLeft):
            wanted |= _ids(events, kind, "conversation")
        rows = {row.pk: row for row in with_row(Conversation.objects.filter(pk__in=wanted))}
        changed = _ids(events, realtime.ConversationChanged, "conversation")
        people = _ids(events, realtime.PresenceChanged, "agent") | _ids(events, realtime.ConversationTaken, "by")
        return cls(
            now=now,
            languages=_languages(),
            conversations=rows,
            quotas=quotas({rows[pk].customer_id for pk in changed & rows.keys()}, now=now),
            messages=found,
            people=_people(people),
            members=_members(row for row in rows.values() if row.group_id is not None),
        )


def _ids(events: Iterable[Event], kind: type[Event], name: str) -> set[int]:
    return {getattr(event, name) for event in events if isinstance(event, kind)}


def _languages() -> list[str]:
    """Those in which somebody reads."""
    chosen = User.objects.filter(is_active=True).exclude(language="").values_list("language", flat=True).distinct()
    spoken = dict(settings.LANGUAGES).keys()
    return sorted({settings.LANGUAGE_CODE, *(language for language in chosen if language in spoken)})


def _people(ids: Iterable[int]) -> dict[int, User]:
    if not ids:
        return {}
    held = Count("conversations", filter=Q(conversations__status=Conversation.Status.ASSIGNED))
    rows = User.objects.filter(pk__in=ids).select_related("agent").annotate(held=held)
    return {user.pk: user for user in rows}


def _members(rows: Iterable[Conversation]) -> dict[int, list[int]]:
    """Who of the group is a member of the account, too."""
    found: dict[int, list[int]] = {}
    for row in rows:
        members = Membership.objects.filter(account_id=row.account_id, user__service_groups=row.group_id)
        found[row.pk] = list(members.values_list("user", flat=True))
    return found


def _frames(events: Iterable[Event], known: _Known) -> Iterator[Frame]:
    for event in events:
        yield from _WRITERS[type(event)](event, known)


def _conversation_changed(event: realtime.ConversationChanged, known: _Known) -> Iterator[Frame]:
    row = known.conversations.get(event.conversation)
    if row is None:
        return
    quota = known.quotas[row.customer_id]
    frame = {
        "type": "queued" if row.status == Conversation.Status.QUEUED else "changed",
        **_head(row),
        "data": shapes.conversation(row, quota=quota),
    }
    for language in known.languages:
        html = _html("inbox/_row.html", {"conversation": row, "quota": quota}, language)
        yield Frame(_row_groups(row, known, language), _text({**frame, "html": html}))
    if row.status == Conversation.Status.CLOSED:  # perhaps out of the queue, without having been taken
        gone = {"type": "left", **_head(row)}
        yield Frame([realtime.queue_group(row.account_id, each) for each in known.languages], _text(gone))


def _conversation_taken(event: realtime.ConversationTaken, known: _Known) -> Iterator[Frame]:
    row, winner = known.conversations.get(event.conversation), known.people.get(event.by)
    if row is None or winner is None:
        return
    groups = [
        group
        for language in known.languages
        for group in (realtime.watch_group(row.account_id, language), *_queue_groups(row, known, language))
    ]
    said = {"type": "taken", **_head(row), "id": row.pk, "by": winner.username, "name": winner.shown_name}
    yield Frame(groups, _text(said))


def _conversation_left(event: realtime.ConversationLeft, known: _Known) -> Iterator[Frame]:
    row = known.conversations.get(event.conversation)
    if row is not None:
        groups = [realtime.desk_group(event.agent, language) for language in known.languages]
        yield Frame(groups, _text({"type": "left", **_head(row)}))


def _message_changed(event: realtime.MessageChanged, known: _Known) -> Iterator[Frame]:
    message = known.messages.get(event.message)
    if message is None:
        return
    row = known.conversations[message.conversation_id]
    frame = {"type": "message", **_head(row), "message": message.pk, "data": shapes.message(message)}
    for language in known.languages:
        html = _html("inbox/_message.html", {"message": message}, language)
        groups = [realtime.talk_group(row.pk, viewer, language) for viewer in _viewers(row, known)]
        yield Frame(groups, _text({**frame, "html": html}))


def _presence_changed(event: realtime.PresenceChanged, known: _Known) -> Iterator[Frame]:
    user = known.people.get(event.agent)
    agent = getattr(user, "agent", None)
    if user is None or agent is None:
        return
    accounts = Membership.objects.filter(user=user).values_list("account", flat=True)
    groups = [
        group
        for language in known.languages
        for group in (
            realtime.desk_group(user.pk, language),
            *(realtime.watch_group(account, language) for account in accounts),
        )
    ]
    said = {
        "type": "presence",
        "agent": user.username,
        "user": user.pk,
        "name": user.shown_name,
        "state": agent.state if agent.is_connected(known.now) else "offline",
        "capacity": agent.capacity,
        "held": vars(user)["held"],
    }
    yield Frame(groups, _text(said))


def _access_changed(event: realtime.AccessChanged, _known: _Known) -> Iterator[Frame]:
    yield Frame([realtime.user_group(event.user)], CLOSE)


def _account_changed(event: realtime.AccountChanged, known: _Known) -> Iterator[Frame]:
    """The gateway forgets it. Administrators, who see every account, come back; of a removed one, everybody does."""
    yield Frame([realtime.ACCOUNTS], str(event.account))
    admins = User.objects.filter(role=User.Role.ADMIN, is_active=True).values_list("pk", flat=True)
    groups = [realtime.user_group(user) for user in admins]
    if Account.objects.filter(pk=event.account, state=Account.State.REMOVED).exists():
        groups += [realtime.queue_group(event.account, language) for language in known.languages]
        groups += [realtime.watch_group(event.account, language) for language in known.languages]
    if groups:
        yield Frame(groups, CLOSE)


_WRITERS: dict[type[Event], Callable[[Any, _Known], Iterator[Frame]]] = {
    realtime.ConversationChanged: _conversation_changed,
    realtime.ConversationTaken: _conversation_taken,
    realtime.ConversationLeft: _conversation_left,
    realtime.MessageChanged: _message_changed,
    realtime.PresenceChanged: _presence_changed,
    realtime.AccessChanged: _access_changed,
    realtime.AccountChanged: _account_changed,
}


def _row_groups(row: Conversation, known: _Known, language: str) -> list[str]:
    """Who may see what is in it."""
    groups = [realtime.watch_group(row.account_id, language)]
    if row.status == Conversation.Status.QUEUED:
        groups += _queue_groups(row, known, language)
    if row.assignee_id is not None:
        groups.append(realtime.desk_group(row.assignee_id, language))
    return groups


def _queue_groups(row: Conversation, known: _Known, language: str) -> list[str]:
    """Agents who see it while it waits: all of its account, or those of its group."""
    if row.pk in known.members:
        return [realtime.desk_group(member, language) for member in known.members[row.pk]]
    return [realtime.queue_group(row.account_id, language)]


def _viewers(row: Conversation, known: _Known) -> list[int | str]:
    """Who may read its messages, besides supervisors: as `queries.visible_to`."""
    if row.status == Conversation.Status.QUEUED:
        return [realtime.WATCH, *(known.members.get(row.pk, [realtime.QUEUE]))]
    owner = row.assignee_id or row.last_assignee_id
    return [realtime.WATCH, *([owner] if owner is not None else [])]


def _head(row: Conversation) -> dict[str, Any]:
    return {"conversation": row.pk, "revision": row.revision}


def _html(template: str, context: dict[str, object], language: str) -> str:
    with translation.override(language):
        return render_to_string(template, context)


def _text(frame: dict[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
