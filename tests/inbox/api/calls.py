"""Calling the API as somebody, by token."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from inbox.models import User
from inbox.services.api_tokens import issue_token
from tests.clock import NOON

BASE = "/api/v1/"


class Caller:
    """A program with a token; answers are (status, body)."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Token {issue_token(user, now=NOON)}"} if user else {}

    def get(self, path: str, **params: Any) -> tuple[int, Any]:
        """GET."""
        return self._read(self.client.get(_url(path), params, headers=self.headers))

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """POST JSON."""
        return self._send("post", path, body)

    def put(self, path: str, body: Any) -> tuple[int, Any]:
        """PUT JSON."""
        return self._send("put", path, body)

    def upload(self, path: str, **fields: Any) -> tuple[int, Any]:
        """POST a form."""
        return self._read(self.client.post(_url(path), fields, headers=self.headers))

    def raw(self, path: str, body: bytes, content_type: str = "application/json") -> tuple[int, Any]:
        """POST these bytes."""
        return self._read(self.client.post(_url(path), body, content_type=content_type, headers=self.headers))

    def _send(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        text = "" if body is None else json.dumps(body)
        call = getattr(self.client, method)
        return self._read(call(_url(path), text, content_type="application/json", headers=self.headers))

    @staticmethod
    def _read(response: Any) -> tuple[int, Any]:
        return response.status_code, json.loads(response.content) if response.content else None


def _url(path: str) -> str:
    return path if path.startswith(("/", "http")) else BASE + path
