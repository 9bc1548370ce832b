"""What an adapter is given of an account: its secrets and settings, its token and a way out to the network."""

from __future__ import annotations

import os
from functools import cache

import httpx

from inbox.models import Account
from inbox.tokens import RedisTokenStore
from platforms.base import Access, Platform
from platforms.http import new_client
from platforms.registry import get_platform


def access_of(account: Account) -> Access:
    """For calls in the name of `account`."""
    platform = get_platform(account.platform)
    return Access(
        key=account.key,
        secrets=account.secrets,
        settings={name: str(value) for name, value in account.options.items()},
        tokens=RedisTokenStore(account.pk, account.secrets),
        http=http_client(),
        api_base=account.api_base or default_api_base(platform),
    )


def default_api_base(platform: Platform) -> str:
    """Where a platform's API is: adapters name the variable that changes it, so it cannot stand in settings.py."""
    return os.environ.get(platform.api_base_variable) or platform.default_api_base


@cache
def http_client() -> httpx.Client:
    """One pool of connections per process."""
    return new_client()
