"""Who answers: accepting, handing over, being there."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    Serializer,
    ValidationError,
)
from rest_framework.views import APIView

from inbox.api import examples
from inbox.api.answers import ConversationAnswer
from inbox.api.bodies import TEXT_CHARACTERS, valid
from inbox.api.conversations import shown
from inbox.api.describe import describe
from inbox.api.find import asker, within_reach
from inbox.models import User
from inbox.shapes import stamp
from routing.models import Agent, Group
from routing.policy import occupying
from routing.services.accept import accept as accept_one
from routing.services.accept import accept_next as accept_urgent
from routing.services.presence import set_presence
from routing.services.requeue import transfer_to_agent, transfer_to_group

NO_ROOM = ("not_online", "at_capacity")
PRESENCE = {"state": "online", "connected_until": "2026-01-05T04:01:00+00:00", "load": 2, "capacity": 8}


class TransferBody(Serializer[Any]):
    """To whom, exactly one of both: a colleague's user name or a group's name. `note` is for them."""

    to_agent = CharField(max_length=150, required=False)
    to_group = CharField(max_length=80, required=False)
    note = CharField(max_length=TEXT_CHARACTERS, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Not both, not none."""
        if ("to_agent" in attrs) == ("to_group" in attrs):
            raise ValidationError({"to_agent": [_("Name either to_agent or to_group.")]})
        return attrs


class PresenceBody(Serializer[Any]):
    """What the agent chooses to be."""

    state = ChoiceField(choices=Agent.State.choices)


class PresenceAnswer(Serializer[Any]):
    """What an agent chose, until when they count as connected, what they have to do and how much they can."""

    state = ChoiceField(choices=Agent.State.choices)
    connected_until = DateTimeField(allow_null=True)
    load = IntegerField()
    capacity = IntegerField()


@describe(
    "conversations_accept",
    answers={200: ConversationAnswer},
    example=examples.MINE,
    refusals=["not_found", "not_allowed", *NO_ROOM, "already_taken", "reserved", "conversation_closed"],
)
@api_view(["POST"])
def accept(request: Request, pk: int) -> Response:
    """Take a queued conversation: the first to accept wins, everybody else hears who did."""
    agent, now = asker(request), timezone.now()
    accept_one(within_reach(agent, pk), agent=agent, now=now)
    return Response(shown(pk, now=now))


@describe(
    "conversations_accept_next",
    answers={200: ConversationAnswer, 204: None},
    example=examples.MINE,
    refusals=NO_ROOM,
)
@api_view(["POST"])
def accept_next(request: Request) -> Response:
    """Take the most urgent conversation one may take; 204 when nobody waits."""
    now = timezone.now()
    found = accept_urgent(asker(request), now=now)
    return Response(status=204) if found is None else Response(shown(found.pk, now=now))


@describe(
    "conversations_transfer",
    body=TransferBody,
    body_example={"to_agent": "ajie", "note": "要改尺码"},
    answers={200: ConversationAnswer},
    example={**examples.MINE, "assignee": {"username": "ajie"}},
    refusals=["not_yours", "not_allowed", "not_found", "conversation_closed", *NO_ROOM, "unusable"],
)
@api_view(["POST"])
def transfer(request: Request, pk: int) -> Response:
    """Hand over to a colleague who is online with room, or back to the queue for a group."""
    by, wanted, now = asker(request), valid(TransferBody, request.data), timezone.now()
    found = within_reach(by, pk)
    if "to_agent" in wanted:
        name = wanted["to_agent"]
        agent = User.objects.filter(username=name, is_active=True).first() or User(username=name, is_active=False)
        transfer_to_agent(found.pk, agent, note=wanted["note"], by=by, now=now)
    else:
        group = _one(Group.objects.filter(name=wanted["to_group"]))
        transfer_to_group(found.pk, group, note=wanted["note"], by=by, now=now)
    return Response(shown(pk, now=now))


@extend_schema_view(
    get=describe("presence_read", answers={200: PresenceAnswer}, example=PRESENCE),
    put=describe(
        "presence_set",
        body=PresenceBody,
        body_example={"state": "online"},
        answers={200: PresenceAnswer},
        example=PRESENCE,
    ),
)
class Presence(APIView):
    """The asker's own."""

    def get(self, request: Request) -> Response:
        """As it is."""
        user = asker(request)
        return Response(_presence(Agent.objects.filter(pk=user.pk).first() or Agent(user=user)))

    def put(self, request: Request) -> Response:
        """Set it; it counts as a connection for 60 s, so a client without a socket stays by repeating it."""
        wanted = valid(PresenceBody, request.data)
        return Response(_presence(set_presence(asker(request), wanted["state"], now=timezone.now())))


def _presence(agent: Agent) -> dict[str, Any]:
    now = timezone.now()
    known = agent.state if agent.is_connected(now) else Agent.State.OFFLINE
    return {
        "state": known,
        "connected_until": stamp(agent.connected_until),
        "load": occupying(agent.pk, now=now),
        "capacity": agent.capacity,
    }


def _one(rows: Any) -> Any:
    found = rows.first()
    if found is None:
        raise Http404
    return found
