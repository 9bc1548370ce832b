"""The OpenAPI schema, held to its word by schemathesis: no 5xx, no undocumented status, answers as described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
import time_machine
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inbox.models import Hook, User
from inbox.services.api_tokens import issue_token
from platforms.errors import FateUnknown
from routing.models import Group
from tests.clock import NOON, at
from tests.factories import an_account, an_agent, answered, said, taken
from tests.support.settling import deliver_next

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
application = get_wsgi_application()
PROMISES = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


generator: Any = SchemaGenerator  # it has no types
schema = schemathesis.openapi.from_dict(generator().get_schema(request=None, public=True))


@dataclass(frozen=True)
class World:
    """The token of an admin who also answers, and ids that exist, by what a path starts with."""

    token: str
    ids: Mapping[str, int]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests run in the test's transaction: they must not give its connection back."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def world(db: None, one_connection: None) -> World:
    """A little of everything."""
    account = an_account("wedding")
    boss, lin = an_agent("boss", account), an_agent("lin", account)
    User.objects.filter(pk=boss.pk).update(role=User.Role.ADMIN)
    Group.objects.create(name="售后").members.add(lin)
    said(account, customer="waits")
    mine, theirs = taken(account, boss, customer="o-1"), taken(account, lin, customer="o-2")
    for conversation, agent in ((mine, boss), (theirs, lin)):
        answered(conversation, agent, at=at(5))
        deliver_next(conversation.customer_id, at=at(6))
    reply = answered(mine, boss, at=at(7))
    deliver_next(mine.customer_id, at=at(8), outcome=FateUnknown("no answer"))
    hook = Hook.objects.create(account=account, received_at=NOON, body=b"{", opened=b"{\xff", state="dead", reason="no")
    ids = {"conversations": mine.pk, "messages": reply.pk, "hooks": hook.pk}
    return World(issue_token(boss, now=NOON), ids)


@schema.parametrize()
@PROMISES
def test_every_call_keeps_to_the_schema(case: Any, world: World) -> None:
    _, _, _, kind, *_ = case.path.split("/")
    found = case.path_parameters
    if isinstance(found.get("id"), int) and found["id"] % 2 and kind in world.ids:
        found["id"] = world.ids[kind]
    if isinstance(found.get("key"), str) and len(found["key"]) % 2:
        found["key"] = "wedding"
    with time_machine.travel(at(30), tick=False):
        case.call_and_validate(app=application, headers={"Authorization": f"Token {world.token}"}, checks=CHECKS)


def test_every_call_has_examples_and_its_refusals(db: None) -> None:
    document = Client().get("/api/v1/schema/").json()
    calls = [call for path in document["paths"].values() for call in path.values()]
    assert len(calls) == 27
    for call in calls:
        name = call["operationId"]
        assert call["description"], name
        assert {"401", "403"} <= call["responses"].keys(), name
        for body in call.get("requestBody", {}).get("content", {}).values():
            assert body.get("examples"), name
        for status, response in call["responses"].items():
            for kind, content in response.get("content", {}).items():
                assert content.get("examples") or kind == "*/*", (name, status)
