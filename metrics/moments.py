"""Moments as they stand in an address."""

from __future__ import annotations

from datetime import datetime

from django.utils.dateparse import parse_datetime

EARLIEST, LATEST = 1970, 9000
LONGEST = 50


def moment(text: str) -> datetime | None:
    """RFC 3339 with an offset; a `+` that a client did not quote has become a space. None for what is no moment."""
    try:
        at = parse_datetime(text.replace(" ", "+")) if len(text) < LONGEST else None
    except ValueError:  # well written, but there is no such day
        return None
    return at if at is not None and at.tzinfo is not None and EARLIEST <= at.year <= LATEST else None
