"""A program's way in: a token is shown once, and only its SHA-256 is kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from inbox.models import ApiToken, User


def issue_token(user: User, *, now: datetime) -> str:
    """A new token of `user`; nobody can read it again."""
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, digest=digest_of(token), created_at=now)
    return token


def digest_of(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
