"""Secrets at rest: JSON, encrypted with the first of FIELD_KEYS, readable with any of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def seal(value: Any) -> str:
    """`value` as encrypted text."""
    return _fernet().encrypt(json.dumps(value, ensure_ascii=False).encode()).decode()


def unseal(sealed: str) -> Any:
    """The reverse; cryptography.fernet.InvalidToken when no key fits."""
    return json.loads(_fernet().decrypt(sealed.encode()))


def rotate(sealed: str) -> str:
    """The same value under the first key."""
    return _fernet().rotate(sealed.encode()).decode()


class EncryptedJSONField(models.TextField[Any, Any]):
    """JSON that the database cannot read."""

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """Decrypted on the way in."""
        return None if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Encrypted on the way out."""
        return None if value is None else seal(value)

    def to_python(self, value: Any) -> Any:
        """Values are values, never text to be parsed."""
        return value
