"""Connected accounts, how they are, and their journal: for administrators."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max
from django.db.models.functions import Length, Substr
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import queries
from inbox.api import examples
from inbox.api.answers import AccountAnswer, HealthAnswer, HookAnswer, page_of
from inbox.api.bodies import AccountBody, HookParams, valid
from inbox.api.cursor import PageParams, page
from inbox.api.describe import describe
from inbox.api.find import account_of_admin, asker, require_admin
from inbox.models import Account, Hook, Message
from inbox.services import accounts as connecting
from inbox.services.accounts import hook_url
from inbox.services.ingest import replay as process_again
from inbox.shapes import stamp

SHOWN_BYTES = 2000
LATEST = 20_000  # messages of all accounts that health looks at: its cost does not grow with history
ODD = (Hook.State.NEW.value, Hook.State.DEAD.value, Hook.State.HELD.value)
REPLIES = tuple(state.value for state in Message.State if state not in ("received", "internal"))
ADMIN = ("not_allowed", "not_found")
ACCOUNT = {
    "key": "wedding",
    "platform": "mini_program",
    "name": "全球婚纱摄影",
    "state": "active",
    "road": "api",
    "routing_mode": "grab",
    "queue_order": "longest",
    "service_hours": "08:00:00-22:59:59",
    "target_seconds": 30,
    "max_agents": None,
    "api_base": "",
    "options": {"push_mode": "secure"},
    "hook_url": "https://onequeue.example/hooks/mini_program/wedding/",
    "created_at": "2026-01-05T04:00:00+00:00",
}
NEW_ACCOUNT = {
    "key": "wedding",
    "platform": "mini_program",
    "name": "全球婚纱摄影",
    "secrets": {"app_id": "wx0123456789abcdef", "app_secret": "…", "token": "…", "encoding_aes_key": "…"},
    "settings": {"push_mode": "secure", "service_hours": "09:00-18:00"},
}
HEALTH = {
    "state": "active",
    "last_hook_at": "2026-01-05T04:00:00+00:00",
    "last_reply_at": None,
    "hooks": {"new": 0, "dead": 1, "held": 0},
    "replies": {"queued": 0, "sending": 0, "sent": 9, "failed": 1, "unknown": 0},
}
HOOK = {
    "id": 51,
    "received_at": "2026-01-05T04:00:00+00:00",
    "state": "dead",
    "reason": "no MsgId",
    "attempts": 1,
    "processed_at": "2026-01-05T04:00:01+00:00",
    "path": "",
    "query": {"timestamp": "1767585600", "nonce": "n"},
    "opened": '{"ToUserName": "gh_0123456789ab"}',
    "size_bytes": 412,
}


@extend_schema_view(
    get=describe(
        "accounts_list",
        params=[PageParams],
        answers={200: page_of(AccountAnswer)},
        example=examples.page(ACCOUNT),
        refusals=["not_allowed"],
    ),
    post=describe(
        "accounts_create",
        body=AccountBody,
        body_example=NEW_ACCOUNT,
        answers={201: AccountAnswer},
        example=ACCOUNT,
        refusals=["not_allowed", "unusable"],
    ),
)
class Accounts(APIView):
    """All connected accounts."""

    def get(self, request: Request) -> Response:
        """In the order they were connected."""
        require_admin(asker(request))
        found = page(request, queries.accounts_of(asker(request)), order=("id",))
        return Response(found.answer([account_shape(row) for row in found.rows]))

    def post(self, request: Request) -> Response:
        """Connect one; its `hook_url` goes into the platform's console."""
        by = asker(request)
        require_admin(by)
        wanted = connecting.Wanted(**valid(AccountBody, request.data))
        return Response(account_shape(connecting.create(wanted, by=by, now=timezone.now())), status=201)


@describe("accounts_health", answers={200: HealthAnswer}, example=HEALTH, refusals=ADMIN)
@api_view(["GET"])
def health(request: Request, key: str) -> Response:
    """When something last came and went, what is left to do, and what became of the latest replies."""
    account = account_of_admin(asker(request), key)
    newest = account.hooks.order_by("-id").values_list("received_at", flat=True).first()
    odd = account.hooks.filter(state__in=ODD)
    latest = (Message.objects.aggregate(id=Max("id"))["id"] or 0) - LATEST
    replies = Message.objects.filter(id__gt=latest, account=account, state__in=REPLIES, position__isnull=False)
    return Response(
        {
            "state": account.state,
            "last_hook_at": stamp(newest),
            "last_reply_at": stamp(replies.aggregate(at=Max("sent_at"))["at"]),
            "hooks": dict.fromkeys(ODD, 0) | _by_state(odd),
            "replies": dict.fromkeys(REPLIES, 0) | _by_state(replies),
        }
    )


@describe(
    "accounts_hooks",
    params=[HookParams],
    answers={200: page_of(HookAnswer)},
    example=examples.page(HOOK),
    refusals=ADMIN,
)
@api_view(["GET"])
def hooks(request: Request, key: str) -> Response:
    """The journal, newest first; `state=dead` are those that were not understood."""
    rows = account_of_admin(asker(request), key).hooks.defer("body", "opened", "headers")
    wanted = valid(HookParams, request.query_params)
    if "state" in wanted:
        rows = rows.filter(state=wanted["state"])
    rows = rows.annotate(beginning=Substr("opened", 1, SHOWN_BYTES), size=Length("body"))
    found = page(request, rows, order=("-id",))
    return Response(found.answer([_hook(row) for row in found.rows]))


@describe("hooks_replay", answers={202: None}, refusals=ADMIN)
@api_view(["POST"])
def replay(request: Request, pk: int) -> Response:
    """Process a push once more; what was stored is not stored again."""
    by = asker(request)
    require_admin(by)
    hook = Hook.objects.filter(pk=pk, account__in=queries.accounts_of(by)).first()
    if hook is None:
        raise Http404
    process_again(hook, by=by, now=timezone.now())
    return Response(status=202)


def account_shape(row: Account) -> dict[str, Any]:
    """An account without its secrets."""
    plain = ("key", "platform", "name", "state", "road", "routing_mode", "queue_order", "service_hours")
    return {
        **{name: getattr(row, name) for name in plain},
        "target_seconds": row.target_seconds,
        "max_agents": row.max_agents,
        "api_base": row.api_base,
        "options": row.options,
        "hook_url": hook_url(row),
        "created_at": stamp(row.created_at),
    }


def _hook(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "received_at": stamp(row.received_at),
        "state": row.state,
        "reason": row.reason,
        "attempts": row.attempts,
        "processed_at": stamp(row.processed_at),
        "path": row.path,
        "query": row.query,
        "opened": bytes(row.beginning or b"").decode("utf-8", "replace"),
        "size_bytes": row.size,
    }


def _by_state(rows: Any) -> dict[str, int]:
    counted = rows.order_by().values("state").annotate(count=Count("pk"))
    return {row["state"]: row["count"] for row in counted}
