"""The platforms' ways of writing a time; what leaves here is aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from platforms.errors import PayloadError


def from_seconds(value: object) -> datetime:
    """Unix seconds, as a number or its digits. PayloadError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise PayloadError(f"not a time in seconds: {value!r}")
    try:
        return datetime.fromtimestamp(int(value), tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise PayloadError(f"not a time in seconds: {value!r}") from error
