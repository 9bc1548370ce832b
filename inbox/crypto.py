"""Secrets at rest: JSON, encrypted with the first of FIELD_KEYS, readable with any of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def seal(value: Any) -> str:
    """`value` as encrypted text."""
    return _fernet().encrypt(json.dumps(value, ensure_ascii=False).encode()).decode()


def unseal(sealed: str) -> Any:
    """The reverse; cryptography.fernet.InvalidToken when no key fits."""
    return json.loads(_fernet().decrypt(sealed.encode()))


def reseal(sealed: str) -> str:
    """The same value under the first key."""
    return _fernet().rotate(sealed.encode()).decode()
