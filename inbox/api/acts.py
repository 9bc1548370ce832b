"""What else is done to a conversation: closed, dismissed, noted, tagged, read, typed at."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import errors, jobs, shapes
from inbox.api import examples
from inbox.api.answers import ConversationAnswer, MessageAnswer, TagsAnswer
from inbox.api.bodies import NoteBody, TagsBody, TypingBody, valid
from inbox.api.conversations import shown
from inbox.api.describe import describe
from inbox.api.find import asker, readable, within_reach
from inbox.services import annotate
from inbox.services import close as ending

NOT_MINE = ("not_yours", "not_found")
TAGS = {"tags": ["尺码", "老客户"]}


@describe("conversations_close", answers={200: ConversationAnswer}, example=examples.CLOSED, refusals=NOT_MINE)
@api_view(["POST"])
def close(request: Request, pk: int) -> Response:
    """End it; a round still open is missed. Closing a closed one changes nothing."""
    by, now = asker(request), timezone.now()
    ending.close(within_reach(by, pk).pk, by=by, now=now)
    return Response(shown(pk, now=now))


@describe(
    "conversations_dismiss",
    answers={200: ConversationAnswer},
    example={**examples.MINE, "waiting_since": None, "due_at": None},
    refusals=[*NOT_MINE, "wrong_state"],
)
@api_view(["POST"])
def dismiss(request: Request, pk: int) -> Response:
    """No reply is needed: the open round ends without one."""
    by, now = asker(request), timezone.now()
    ending.dismiss(within_reach(by, pk).pk, by=by, now=now)
    return Response(shown(pk, now=now))


@describe(
    "conversations_note",
    body=NoteBody,
    body_example={"text": "老客户"},
    answers={201: MessageAnswer},
    example=examples.NOTE,
    refusals=NOT_MINE,
)
@api_view(["POST"])
def notes(request: Request, pk: int) -> Response:
    """Write something for colleagues; it never leaves."""
    by, wanted = asker(request), valid(NoteBody, request.data)
    note = annotate.note(readable(by, pk).pk, wanted["text"], by=by, now=timezone.now())
    return Response(shapes.message(note), status=201)


@extend_schema_view(
    get=describe("conversations_tags", answers={200: TagsAnswer}, example=TAGS, refusals=NOT_MINE),
    post=describe(
        "conversations_tag",
        body=TagsBody,
        body_example=TAGS,
        answers={201: TagsAnswer},
        example=TAGS,
        refusals=[*NOT_MINE, "unusable"],
    ),
)
class Tags(APIView):
    """Of one conversation."""

    def get(self, request: Request, pk: int) -> Response:
        """In alphabetical order."""
        rows = readable(asker(request), pk).tags.order_by("name")
        return Response({"tags": list(rows.values_list("name", flat=True))})

    def post(self, request: Request, pk: int) -> Response:
        """Make these the conversation's tags."""
        by, wanted = asker(request), valid(TagsBody, request.data)
        names = annotate.tag(readable(by, pk).pk, wanted["tags"], by=by, now=timezone.now())
        return Response({"tags": names}, status=201)


@describe("conversations_read", answers={204: None}, refusals=NOT_MINE)
@api_view(["POST"])
def read(request: Request, pk: int) -> Response:
    """The owner has seen what is there; of anybody else it says nothing."""
    by = asker(request)
    annotate.read(readable(by, pk).pk, by=by)
    return Response(status=204)


@describe("conversations_typing", body=TypingBody, body_example={"on": True}, answers={204: None}, refusals=NOT_MINE)
@api_view(["POST"])
def typing(request: Request, pk: int) -> Response:
    """Show the customer that the owner is typing, where the platform can."""
    by, wanted = asker(request), valid(TypingBody, request.data)
    found = within_reach(by, pk)
    if found.assignee_id != by.pk:
        raise errors.NotYours(by=found.assignee.username if found.assignee else None)
    jobs.enqueue(jobs.TYPING, found.pk, wanted["on"])
    return Response(status=204)
