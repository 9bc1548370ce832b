"""In which language somebody is answered."""

from __future__ import annotations

from django.conf import settings

from inbox.models import User


def language_of(user: User | None, *, asked: str = "") -> str:
    """Their own choice, else what a visitor `asked` for if we speak it, else the product's."""
    known = dict(settings.LANGUAGES)
    chosen = user.language if user is not None else asked
    return chosen if chosen in known else str(settings.LANGUAGE_CODE)
