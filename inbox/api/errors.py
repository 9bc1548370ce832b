"""Every refusal as `{"code", "detail", …}`: ours, REST framework's, and what absurd values make the database say."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from inbox.errors import InboxError


class TooLarge(exceptions.APIException):
    """More bytes than such a call ever needs."""

    status_code = 413
    default_detail = _("The request is too large.")
    default_code = "too_large"


def answer(error: Exception, _context: object) -> Response | None:
    """REST framework's exception handler; None for what nobody foresaw."""
    if isinstance(error, InboxError):
        return Response(error.as_json(), status=error.status)
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
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}
