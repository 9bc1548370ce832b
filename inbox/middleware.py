"""What happens around every request that Django answers: its id, its language, a first password, refusals."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext

from inbox.errors import InboxError
from inbox.jobs import REQUEST_ID
from inbox.language import language_of
from inbox.models import User

API = "/api/"
FIRST = "first-password"  # the page's name among the urls
OPEN_TO_ALL = (FIRST, "logout", "set_language")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

Answer = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """One id from the caller's header (or a new one) in every line of the log, in every task, and in the answer."""

    def __init__(self, get_response: Answer) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = request.headers.get("X-Request-ID", "")
        request_id = asked if _ID.fullmatch(asked) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(**{REQUEST_ID: request_id}):
            response = self._answer(request)
        response["X-Request-ID"] = request_id
        return response


class LanguageMiddleware:
    """The person's language, or the one a visitor has chosen."""

    def __init__(self, get_response: Answer) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        with translation.override(language_of(person(request), asked=asked)):
            response = self._answer(request)
            response.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        patch_vary_headers(response, ["Cookie"])
        return response


class FirstPasswordMiddleware:
    """Whoever has a password from somebody else sets their own before anything else."""

    def __init__(self, get_response: Answer) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = person(request)
        if user is None or not user.must_change_password or request.path in _open_paths():
            return self._answer(request)
        if request.path.startswith(API):
            detail = gettext("Set a password of your own first.")
            return JsonResponse({"code": "password_change_required", "detail": detail}, status=403)
        return redirect(FIRST)


class InboxErrorMiddleware:
    """A refusal that a page's view did not answer itself: JSON for programs, a fragment for htmx, a page else."""

    def __init__(self, get_response: Answer) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer; None for what is no refusal."""
        if not isinstance(error, InboxError):
            return None
        if not request.accepts("text/html") or request.path.startswith(API):
            return JsonResponse(error.as_json(), status=error.status)
        name = "inbox/_refused.html" if "HX-Request" in request.headers else "inbox/refused.html"
        return render(request, name, {"error": error}, status=error.status)


def person(request: HttpRequest) -> User | None:
    """Who is logged in by session."""
    return request.user if isinstance(request.user, User) else None


def _open_paths() -> set[str]:
    paths = set()
    for name in OPEN_TO_ALL:
        try:
            paths.add(reverse(name))
        except NoReverseMatch:  # a page this installation does not have
            continue
    return paths
