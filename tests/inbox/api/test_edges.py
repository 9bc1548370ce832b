"""What surrounds every call: ids of requests, languages, first passwords, addresses that are none."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory, override_settings
from psycopg_pool import PoolTimeout

from inbox import errors, queries
from inbox.middleware import InboxErrorMiddleware
from inbox.models import User
from tests.factories import a_user, an_account, an_agent
from tests.inbox.api.calls import Caller

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc-1.2_Z", True), ("a" * 65, False), ("a b", False), ("§", False), ("", False)]
)
def test_a_request_id_is_taken_over_only_if_harmless(sent: str, kept: bool) -> None:
    answer = Client().get("/api/v1/me/", headers={"X-Request-ID": sent})
    assert (answer["X-Request-ID"] == sent) is kept
    assert answer["X-Request-ID"].replace("-", "").replace(".", "").replace("_", "").isalnum()


def test_refusals_are_in_the_persons_language() -> None:
    lin = an_agent("lin", an_account(), online=False)
    User.objects.filter(pk=lin.pk).update(language="en")
    assert Caller(lin).post("conversations/accept-next/")[1]["detail"] == "Go online first."


def test_whoever_has_a_first_password_sets_their_own_first() -> None:
    user = a_user("lin")
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client = Client()
    client.force_login(user)
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")
    assert client.get("/")["Location"] == "/first-password/"
    assert client.get("/first-password/").status_code == 200


def test_an_address_that_is_none_answers_json() -> None:
    for method in ("get", "post", "delete"):
        answer = getattr(Client(enforce_csrf_checks=True), method)("/api/v1/nothing/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_method_that_is_none_answers_405() -> None:
    caller = Caller(a_user("lin"))
    answer = caller.client.delete("/api/v1/me/", headers=caller.headers)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_whatever_a_client_accepts_it_gets_json() -> None:
    caller = Caller(a_user("lin"))
    answer = caller.client.get("/api/v1/me/?format=xml", headers={**caller.headers, "Accept": "image/png"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@override_settings(ALLOWED_HOSTS=["example.com"])
def test_a_host_that_is_not_ours_is_400() -> None:
    assert Client().get("/api/v1/me/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Accept": "application/json"}, "application/json"),
        ({"Accept": "text/html"}, "text/html; charset=utf-8"),
        ({"Accept": "text/html", "HX-Request": "true"}, "text/html; charset=utf-8"),
    ],
)
def test_a_pages_refusal_fits_who_asked(headers: dict[str, str], kind: str) -> None:
    request = RequestFactory().get("/", headers=headers)
    answer = InboxErrorMiddleware(lambda _: None).process_exception(request, errors.NotYours(by="lin"))  # type: ignore[arg-type,return-value]
    assert answer is not None
    assert (answer.status_code, answer["Content-Type"]) == (403, kind)


def failing(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed"), PoolTimeout("no connection")])
def test_a_database_that_is_away_is_503_with_retry_after(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    caller = Caller(a_user("lin"))
    monkeypatch.setattr(queries, "accounts_of", failing(error))
    answer = caller.client.get("/api/v1/me/", headers=caller.headers)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "2")


def test_a_database_that_is_away_before_a_view_is_reached_is_503_too(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(a_user("lin"), backend="django.contrib.auth.backends.ModelBackend")
    monkeypatch.setattr(SessionStore, "load", failing(OperationalError("gone")))
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "2")
    assert client.get("/settings/").status_code == 500


def test_what_nobody_foresaw_is_500_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(a_user("lin"))
    caller.client.raise_request_exception = False
    monkeypatch.setattr(queries, "accounts_of", failing(RuntimeError("13800000000")))
    answer = caller.client.get("/api/v1/me/", headers={**caller.headers, "X-Request-ID": "r-1"})
    assert (answer.status_code, answer.json()["code"], answer["X-Request-ID"]) == (500, "error", "r-1")
    assert "13800000000" not in answer.content.decode()
