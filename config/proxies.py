"""Where a request came from, behind proxies of ours."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """As the outermost of TRUSTED_PROXIES saw it; what stands before that in X-Forwarded-For anybody may have written.

    A request that did not pass all of them is its sender's.
    """
    sender: str | None = request.META.get("REMOTE_ADDR")
    passed = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 0 < settings.TRUSTED_PROXIES <= len(passed):
        return sender
    try:
        return str(ip_address(passed[-settings.TRUSTED_PROXIES].strip()))
    except ValueError:
        return sender
