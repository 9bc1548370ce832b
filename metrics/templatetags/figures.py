"""`{% load figures %}`: numbers as people read them; nothing to say is a dash."""

from __future__ import annotations

from datetime import timedelta

from django import template

from inbox import words

NOTHING = "–"
register = template.Library()


@register.filter
def rate(share: float | None) -> str:
    """0.914 as "91.4%"."""
    return NOTHING if share is None else f"{100 * share:.1f}%"


@register.filter
def seconds(number: float | None) -> str:
    """A wait in seconds, in words."""
    return NOTHING if number is None else words.wait(timedelta(seconds=number))


@register.filter
def tenths(number: float) -> str:
    """Seconds with a tenth, where a tenth matters."""
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"


@register.filter
def share(part: int, whole: int) -> float:
    """`part` of `whole` in hundredths, 100 at most."""
    return min(100.0, 100 * part / whole) if whole else 0.0
