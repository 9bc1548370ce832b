"""Lists a page at a time. A cursor names the row it stands at, so pages stay right while rows come and go."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

LARGEST_ID = 2**63 - 1
M = TypeVar("M", bound=Model)


class PageParams(serializers.Serializer[Any]):
    """What every list takes."""

    cursor = serializers.CharField(max_length=200, required=False, help_text="From `next` or `previous`.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50, help_text="Rows of a page.")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Rows after (or, `back`, before) the one with these values of the order's fields."""

    back: bool
    values: tuple[datetime | int, ...]

    def encode(self) -> str:
        """As text for an address."""
        plain = [value.isoformat() if isinstance(value, datetime) else value for value in self.values]
        return urlsafe_b64encode(json.dumps([self.back, *plain]).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, *, fields: int) -> Cursor:
        """The reverse; ValidationError for what `encode` did not write."""
        try:
            back, *plain = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            values = tuple(_value(each, last=n == fields - 1) for n, each in enumerate(plain))
        except (ValueError, TypeError, RecursionError, binascii.Error) as error:
            raise _unusable() from error
        if len(values) != fields or not isinstance(back, bool):
            raise _unusable()
        return cls(back, values)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and the addresses of the neighbouring pages."""

    rows: list[Any]
    next: str | None
    previous: str | None

    def answer(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        """The body."""
        return {"results": results, "next": self.next, "previous": self.previous}


def page(request: Request, rows: QuerySet[M], *, order: Sequence[str]) -> Page:
    """The page of `rows` that the request asks for. `order`: a moment and the id, or the id, all up or all down."""
    params = PageParams(data=request.query_params)
    params.is_valid(raise_exception=True)
    size, text = params.validated_data["limit"], params.validated_data.get("cursor")
    cursor = Cursor.decode(text, fields=len(order)) if text else None
    rows = rows.order_by(*order)
    if cursor is not None:
        rows = rows.filter(_beyond(order, cursor))
        rows = rows.reverse() if cursor.back else rows
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    back = cursor is not None and cursor.back
    if back:
        found.reverse()
    after = found and (more if not back else True)
    before = found and (more if back else cursor is not None)
    return Page(
        found,
        next=_address(request, found[-1], order, back=False) if after else None,
        previous=_address(request, found[0], order, back=True) if before else None,
    )


def _beyond(order: Sequence[str], cursor: Cursor) -> Q:
    down = order[0].startswith("-") != cursor.back
    side = "lt" if down else "gt"
    *firsts, last = [name.lstrip("-") for name in order]
    beyond = Q(**{f"{last}__{side}": cursor.values[-1]})
    for name, value in zip(firsts, cursor.values, strict=False):
        beyond = Q(**{f"{name}__{side}e": value}) & (Q(**{f"{name}__{side}": value}) | beyond)
    return beyond


def _address(request: Request, row: Model, order: Sequence[str], *, back: bool) -> str:
    values = tuple(getattr(row, name.lstrip("-")) for name in order)
    return str(replace_query_param(request.build_absolute_uri(), "cursor", Cursor(back, values).encode()))


def _value(plain: Any, *, last: bool) -> datetime | int:
    if last and type(plain) is int and 0 <= plain <= LARGEST_ID:
        return plain
    at = parse_datetime(plain) if isinstance(plain, str) and not last else None
    if at is None or at.tzinfo is None or not 1970 <= at.year <= 9000:
        raise ValueError
    return at


def _unusable() -> serializers.ValidationError:
    return serializers.ValidationError({"cursor": [_("This cursor is none of ours.")]})
