"""The Content-Security-Policy: our own files and nothing else; no inline script, no inline style."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

STRICT = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
BACK_OFFICE = STRICT + "; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"  # Alpine


class ContentSecurityPolicyMiddleware:
    """Every answer says what a browser may load for it; the back office's theme needs more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._answer(request)
        policy = BACK_OFFICE if request.path.startswith("/admin/") else STRICT
        response.setdefault("Content-Security-Policy", policy)
        return response
