"""Every call of the API, below /api/v1/."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, re_path
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView

from inbox.api import accounts, acts, conversations, me, messages
from metrics import api as metrics
from routing import api as routing

ONE = "conversations/<int:pk>/"


@csrf_exempt
def nothing_here(_request: HttpRequest) -> JsonResponse:
    """For an address that is no call's."""
    return JsonResponse({"code": "not_found", "detail": gettext("There is nothing at this address.")}, status=404)


urlpatterns: list[URLPattern] = [
    path("me/", me.me),
    path("presence/", routing.Presence.as_view()),
    path("conversations/", conversations.conversations),
    path("conversations/accept-next/", routing.accept_next),
    path(ONE, conversations.conversation),
    path(ONE + "accept/", routing.accept),
    path(ONE + "transfer/", routing.transfer),
    path(ONE + "messages/", messages.Messages.as_view()),
    path(ONE + "close/", acts.close),
    path(ONE + "dismiss/", acts.dismiss),
    path(ONE + "notes/", acts.notes),
    path(ONE + "tags/", acts.Tags.as_view()),
    path(ONE + "read/", acts.read),
    path(ONE + "typing/", acts.typing),
    path("messages/<int:pk>/retry/", messages.retry),
    path("messages/<int:pk>/resolve/", messages.resolve),
    path("media/<int:pk>/", me.media, name="media"),
    path("metrics/summary/", metrics.summary),
    path("metrics/rounds/", metrics.rounds),
    path("accounts/", accounts.Accounts.as_view()),
    path("accounts/<slug:key>/health/", accounts.health),
    path("accounts/<slug:key>/hooks/", accounts.hooks),
    path("hooks/<int:pk>/replay/", accounts.replay),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    re_path("", nothing_here),
]
