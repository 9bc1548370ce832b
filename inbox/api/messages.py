"""What was said in a conversation, and saying something."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import queries, shapes
from inbox.api import examples
from inbox.api.answers import MessageAnswer, page_of
from inbox.api.bodies import ImageBody, ResolveBody, RetryBody, TextBody, valid
from inbox.api.cursor import PageParams, page
from inbox.api.describe import describe
from inbox.api.find import asker, message_within_reach, readable, within_reach
from inbox.api.wire import StrictJSONParser, UploadParser
from inbox.services.picture import reply_with_picture
from inbox.services.reply import Draft, reply
from inbox.services.resolve import resolve as resolve_message
from inbox.services.resolve import retry as retry_message
from platforms.content import Text

MAY_NOT_REPLY = ("not_yours", "not_allowed", "not_found", "conversation_closed")
CANNOT_REPLY = ("account_unavailable", "window_closed", "quota_exhausted")


@extend_schema_view(
    get=describe(
        "messages_list",
        params=[PageParams],
        answers={200: page_of(MessageAnswer)},
        example=examples.page(examples.MESSAGE),
        refusals=["not_yours", "not_found"],
    ),
    post=describe(
        "messages_reply",
        body={"application/json": TextBody, "multipart/form-data": ImageBody},
        body_example={"type": "text", "text": "在的，请讲", "client_id": "b2f7c1"},
        answers={201: MessageAnswer, 200: MessageAnswer},
        example=examples.REPLY,
        refusals=[*MAY_NOT_REPLY, *CANNOT_REPLY, "content_refused", "unusable"],
    ),
)
class Messages(APIView):
    """Of one conversation."""

    parser_classes = (StrictJSONParser, UploadParser)

    def get(self, request: Request, pk: int) -> Response:
        """Newest first; notes and system lines too."""
        rows = queries.history(readable(asker(request), pk))
        found = page(request, rows, order=("-id",))
        return Response(found.answer([shapes.message(row) for row in found.rows]))

    def post(self, request: Request, pk: int) -> Response:
        """Answer: 201 and `queued`, or 200 with the message that this `client_id` already is."""
        now, author = timezone.now(), asker(request)
        conversation = within_reach(author, pk)
        if request.FILES:
            wanted = valid(ImageBody, request.data)
            message, is_new = reply_with_picture(
                conversation, wanted["file"], client_id=wanted["client_id"], author=author, now=now
            )
        else:
            wanted = valid(TextBody, request.data)
            draft = Draft(content=Text(text=wanted["text"]), client_id=wanted["client_id"])
            message, is_new = reply(conversation.pk, draft, author=author, now=now)
        return Response(shapes.message(message), status=201 if is_new else 200)


@describe(
    "messages_retry",
    body=RetryBody,
    body_example={"confirmed": True},
    answers={200: MessageAnswer},
    example=examples.REPLY,
    refusals=[*MAY_NOT_REPLY, *CANNOT_REPLY, "wrong_state"],
)
@api_view(["POST"])
def retry(request: Request, pk: int) -> Response:
    """Send a failed reply again, at the end of the line; an unknown one when `confirmed`."""
    by, wanted = asker(request), valid(RetryBody, request.data)
    found = message_within_reach(by, pk)
    return Response(shapes.message(retry_message(found.pk, by=by, confirmed=wanted["confirmed"], now=timezone.now())))


@describe(
    "messages_resolve",
    body=ResolveBody,
    body_example={"as": "sent"},
    answers={200: MessageAnswer},
    example=examples.SENT,
    refusals=[*MAY_NOT_REPLY, "wrong_state"],
)
@api_view(["POST"])
def resolve(request: Request, pk: int) -> Response:
    """Settle a reply whose fate is unknown: the customer has it, or has it not."""
    by, wanted = asker(request), valid(ResolveBody, request.data)
    found = message_within_reach(by, pk)
    return Response(shapes.message(resolve_message(found.pk, sent=wanted["as"] == "sent", by=by, now=timezone.now())))
