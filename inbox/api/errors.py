"""Every refusal as `{"code", "detail", …}`: ours, REST framework's, what absurd values make the database say, and what
nobody foresaw.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.defaults import server_error as error_page
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from inbox.errors import InboxError

API = "/api/"
RETRY_AFTER_SECONDS = 2
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
log = structlog.get_logger(__name__)


class TooLarge(exceptions.APIException):
    """More bytes than such a call ever needs."""

    status_code = 413
    default_detail = _("The request is too large.")
    default_code = "too_large"


class Unavailable(exceptions.APIException):
    """The database is away for the moment."""

    status_code = 503
    default_detail = _("The database cannot be reached. Try again in a moment.")
    default_code = "unavailable"


class Unforeseen(exceptions.APIException):
    """A fault of ours."""

    status_code = 500
    default_detail = _("Something went wrong on our side. It has been written down.")
    default_code = "error"


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of what nobody foresaw, also before a view was reached: JSON for programs, a page else."""
    error = sys.exc_info()[1]
    if not request.path.startswith(API):
        return error_page(request)
    found = Unavailable() if isinstance(error, DATABASE_AWAY) else Unforeseen()
    log.error("api.failed", error=type(error).__name__, code=found.default_code)
    return JsonResponse(_body(found), status=found.status_code, headers=_headers(found))


def answer(error: Exception, _context: object) -> Response | None:
    """REST framework's exception handler; None for what nobody foresaw."""
    if isinstance(error, InboxError):
        return Response(error.as_json(), status=error.status)
    if isinstance(error, DATABASE_AWAY):
        log.warning("api.unavailable", error=type(error).__name__)
        error = Unavailable()
    found = _as_api_error(error)
    if found is None:
        return None
    return Response(_body(found), status=found.status_code, headers=_headers(found))


def _as_api_error(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge()
        case DataError() | SuspiciousOperation():
            return exceptions.ParseError(_("A value in this request cannot be used."))
    return None


def _body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return {"code": "invalid", "detail": _("Some values cannot be used."), "errors": error.detail}
    return {"code": getattr(error.detail, "code", "error"), "detail": error.detail}


def _headers(error: exceptions.APIException) -> dict[str, str]:
    if isinstance(error, Unavailable):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}
