"""`{% load inbox %}`: codes in words, in templates."""

from __future__ import annotations

from datetime import timedelta

from django import template

from inbox import words
from inbox.models import Message

register = template.Library()

register.filter("platform_name", words.platform)
register.filter("platform_mark", words.platform_mark)
register.filter("reason", words.reason)
register.filter("system_line", words.line)
register.filter("last_words", words.last_words)
register.filter("content_words", words.content)
register.filter("wait_words", words.wait)
register.filter("entry_words", words.entry)


@register.filter
def is_late(wait: timedelta, message: Message) -> bool:
    """Longer than the account's target."""
    return wait > message.account.target


@register.filter
def yuan(fen: int) -> str:
    """Fen as "329.00"."""
    return f"{fen / 100:.2f}"
