"""What the OpenAPI schema says of a call: its examples, and every refusal with its code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers

from inbox import errors

FORM = "multipart/form-data"
View = TypeVar("View", bound=Callable[..., Any])

UNUSABLE = "unusable"  # errors.Invalid: its code is `invalid` too, its status another than REST framework's
_OURS = {kind.code: kind for kind in errors.InboxError.__subclasses__() if kind is not errors.Invalid}
_OURS[UNUSABLE] = errors.Invalid
_COMMON = {
    "invalid": 400,
    "parse_error": 400,
    "not_authenticated": 401,
    "authentication_failed": 401,
    "permission_denied": 403,
    "password_change_required": 403,
    "not_found": 404,
    "too_large": 413,
    "unsupported_media_type": 415,
    "unavailable": 503,
}
_MORE: Mapping[str, dict[str, Any]] = {
    UNUSABLE: {"where": "client_id", "why": "used"},
    "invalid": {"errors": {"text": ["This field may not be blank."]}},
    "already_taken": {"by": "xiaolin", "name": "小林"},
    "reserved": {"by": "xiaolin", "until": "2026-01-05T04:00:15+00:00"},
    "at_capacity": {"capacity": 8},
    "not_yours": {"by": "xiaolin"},
    "window_closed": {"reopens": "customer_message"},
    "quota_exhausted": {"reopens": "customer_message"},
    "conversation_closed": {"reopens": "customer_message"},
    "account_unavailable": {"reopens": "never"},
    "content_refused": {"where": "text", "why": "too_long", "limit": 4000},
    "wrong_state": {"state": "sent"},
}
_EVERYWHERE = (
    "not_authenticated",
    "authentication_failed",
    "permission_denied",
    "password_change_required",
    "unavailable",
)
_WITH_BODY = ("invalid", "parse_error", "too_large", "unsupported_media_type")


class ErrorAnswer(serializers.Serializer[Any]):
    """A refusal. `code` is for programs; some carry more, as their examples show."""

    code = serializers.CharField()
    detail = serializers.CharField()


def describe(  # noqa: PLR0913 - what a call has
    name: str,
    *,
    answers: Mapping[Any, Any],
    example: Any = None,
    body: Any = None,
    body_example: Any = None,
    params: Sequence[type[serializers.Serializer[Any]]] = (),
    refusals: Iterable[str] = (),
) -> Callable[[View], View]:
    """Describe a view of one method. `answers`: a serializer by status; `example`: of the answer below 204."""
    codes = [*_EVERYWHERE, *refusals]
    if params:
        codes.append("invalid")
    if body is not None:
        codes += _WITH_BODY
    found: dict[Any, Any] = {status: _answer(kind, status, example) for status, kind in answers.items()}
    found |= _refusals(dict.fromkeys(codes))
    examples = [OpenApiExample(name, value=body_example, request_only=True)] if body_example is not None else []
    if isinstance(body, Mapping):
        form = OpenApiExample("upload", value={"file": "(the file)"}, media_type=FORM, request_only=True)
        examples = [*examples, form]
    return extend_schema(
        operation_id=name,
        request=body,
        parameters=list(params),
        responses=found,
        examples=examples,
        tags=[name.split("_", maxsplit=1)[0]],
    )


def _answer(kind: Any, status: Any, example: Any) -> OpenApiResponse:
    shown = [] if kind is None or example is None else [OpenApiExample(f"{status}", value=example)]
    return OpenApiResponse(kind, description="Nothing to say." if kind is None else "", examples=shown)


def _refusals(codes: Iterable[str]) -> dict[int, OpenApiResponse]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(_status(code), []).append(code)
    return {
        status: OpenApiResponse(
            ErrorAnswer,
            description=", ".join(f"`{_said(code)}`" for code in found),
            examples=[_example(code) for code in found],
        )
        for status, found in by_status.items()
    }


def _status(code: str) -> int:
    return _OURS[code].status if code in _OURS else _COMMON[code]


def _example(code: str) -> OpenApiExample:
    detail = str(_OURS[code].detail) if code in _OURS else code.replace("_", " ").capitalize() + "."
    value = {"code": _said(code), "detail": detail, **_MORE.get(code, {})}
    return OpenApiExample(code, value=value, response_only=True, status_codes=[_status(code)])


def _said(code: str) -> str:
    return _OURS[code].code if code in _OURS else code
