"""A program's way in: a token is shown once, and only its SHA-256 is kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from inbox import errors, realtime
from inbox.models import ApiToken, User
from inbox.services.audit import record


def issue_token(user: User, *, now: datetime) -> str:
    """A new token of `user`; nobody can read it again."""
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, digest=digest_of(token), created_at=now)
    return token


@transaction.atomic
def replace_tokens(user: User, *, by: User | None, now: datetime) -> str:
    """A new token; the ones there were end. Invalid for whoever is out of service."""
    if not user.is_active:
        raise errors.Invalid(f"“{user.username}” is out of service.", where="username", why="inactive")
    ended = end_tokens(user)
    record("user.token", actor=by, now=now, user=user.pk, tokens_ended=ended)
    realtime.publish(realtime.AccessChanged(user.pk))
    return issue_token(user, now=now)


def end_tokens(user: User) -> int:
    """End all tokens of `user`; how many there were."""
    ended, _ = ApiToken.objects.filter(user=user).delete()
    return ended


def digest_of(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
