"""Who is asking, and the files they may see."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from inbox import queries
from inbox.api.answers import MeAnswer
from inbox.api.describe import describe
from inbox.api.find import asker
from inbox.language import language_of
from inbox.models import Account, Media, Membership

ME = {
    "id": 12,
    "username": "xiaolin",
    "name": "小林",
    "role": "agent",
    "language": "zh-hans",
    "accounts": [
        {
            "key": "wedding",
            "platform": "mini_program",
            "name": "全球婚纱摄影",
            "reply": True,
            "orders": False,
            "aftersale": False,
        }
    ],
}


@describe("me_read", answers={200: MeAnswer}, example=ME)
@api_view(["GET"])
def me(request: Request) -> Response:
    """The asker, their accounts and what they may do there."""
    user = asker(request)
    grants = {row.account_id: row for row in user.memberships.all()}
    accounts = queries.accounts_of(user).order_by("name", "id")
    return Response(
        {
            "id": user.pk,
            "username": user.username,
            "name": user.shown_name,
            "role": user.role,
            "language": language_of(user),
            "accounts": [_account(account, grants.get(account.pk)) for account in accounts],
        }
    )


def _account(account: Account, grant: Membership | None) -> dict[str, object]:
    return {
        "key": account.key,
        "platform": account.platform,
        "name": account.name,
        "reply": grant is not None and grant.may_reply,
        "orders": grant is not None and grant.may_orders,
        "aftersale": grant is not None and grant.may_aftersale,
    }


@describe("media_read", answers={(200, "*/*"): OpenApiTypes.BINARY}, refusals=["not_found"])
@api_view(["GET"])
def media(request: Request, pk: int) -> HttpResponse:
    """A file of a conversation the asker may read; pictures are shown, everything else is saved."""
    rows = queries.media_visible_to(asker(request)).filter(pk=pk, state=Media.State.STORED)
    found = rows.first()
    if found is None:
        raise Http404
    with found.file.open("rb") as stored:
        response = HttpResponse(stored.read(), content_type=found.mime)
    shown = found.mime.startswith("image/")
    response["Content-Disposition"] = "inline" if shown else f'attachment; filename="media-{found.pk}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=86400"
    return response
