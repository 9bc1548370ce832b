"""Reading the environment: typed, with a default, and a clear sentence for what cannot be read."""

from __future__ import annotations

import os
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The variable as it is; `default` when unset or empty."""
    return os.environ.get(name) or default


def number(name: str, default: int) -> int:
    """A whole number."""
    return int(_parsed(name, str(default), int, "a whole number"))


def seconds(name: str, default: float) -> timedelta:
    """A duration, written in seconds (fractions allowed)."""
    return timedelta(seconds=_parsed(name, str(default), float, "a number of seconds"))


def flag(name: str, *, default: bool) -> bool:
    """1/true/yes/on or 0/false/no/off."""
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    value = text(name, str(default)).lower()
    if value not in words:
        raise ImproperlyConfigured(f"{name} is on or off, not {value!r}")
    return words[value]


def names(name: str, default: str = "") -> list[str]:
    """Comma-separated words."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def _parsed(name: str, default: str, kind: type[int] | type[float], what: str) -> float:
    value = text(name, default)
    try:
        return kind(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {what}, not {value!r}") from error
