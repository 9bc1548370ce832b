"""Who may call what: an agent of another account gets 404 by every road, and admin's calls are admin's."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import get_resolver

from inbox.models import ApiToken, Conversation, Hook, Media, Message, Round, User
from inbox.services.api_tokens import digest_of
from tests.clock import NOON, at
from tests.factories import a_user, an_account, an_agent, answered, said, taken
from tests.inbox.api.calls import BASE, Caller
from tests.support.settling import deliver_next

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

Route = tuple[str, str, Any, int]  # method, path, body, and what who may call it hears
ROUTES: list[Route] = [
    ("get", "conversations/{conversation}/", None, 200),
    ("get", "conversations/{conversation}/messages/", None, 200),
    ("post", "conversations/{conversation}/messages/", {"text": "x"}, 403),
    ("post", "conversations/{conversation}/accept/", None, 409),
    ("post", "conversations/{conversation}/transfer/", {"to_agent": "lin"}, 200),
    ("post", "conversations/{conversation}/close/", None, 200),
    ("post", "conversations/{conversation}/dismiss/", None, 409),
    ("post", "conversations/{conversation}/notes/", {"text": "x"}, 201),
    ("get", "conversations/{conversation}/tags/", None, 200),
    ("post", "conversations/{conversation}/tags/", {"tags": []}, 201),
    ("post", "conversations/{conversation}/read/", None, 204),
    ("post", "conversations/{conversation}/typing/", {}, 403),
    ("post", "messages/{message}/retry/", {}, 409),
    ("post", "messages/{message}/resolve/", {"as": "sent"}, 409),
    ("get", "media/{media}/", None, 200),
]
ADMINS: list[Route] = [
    ("get", "accounts/", None, 200),
    ("post", "accounts/", {"key": "new", "platform": "mini_program", "name": "n", "secrets": {}}, 422),
    ("get", "accounts/wedding/health/", None, 200),
    ("get", "accounts/wedding/hooks/", None, 200),
    ("post", "hooks/{hook}/replay/", None, 202),
]
ANYBODY: list[Route] = [
    ("get", "me/", None, 200),
    ("get", "presence/", None, 200),
    ("put", "presence/", {"state": "away"}, 200),
    ("get", "conversations/", None, 200),
    ("post", "conversations/accept-next/", None, 409),
    ("get", "metrics/summary/?agent={name}", None, 200),
    ("get", "metrics/rounds/?agent={name}", None, 200),
]
EVERY = [*ROUTES, *ADMINS, *ANYBODY]


@dataclass(frozen=True)
class World:
    """One of each, of the account `wedding`."""

    lin: User
    boss: User
    ids: dict[str, Any]


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    settings.MEDIA_ROOT = tmp_path
    account = an_account("wedding")
    lin, boss = an_agent("lin", account), an_agent("boss", account)
    User.objects.filter(pk=boss.pk).update(role=User.Role.SUPERVISOR)
    boss.refresh_from_db()
    conversation = taken(account, lin)
    reply = answered(conversation, lin, at=at(1))
    deliver_next(conversation.customer_id, at=at(2))
    media = Media(account=account, conversation=conversation, state="stored", mime="image/png", created_at=NOON)
    media.file.save("x.png", io.BytesIO(b"png"))  # type: ignore[arg-type]
    hook = Hook.objects.create(account=account, received_at=NOON, body=b"{}", opened=b"{}", state="dead", reason="no")
    ids = {"conversation": conversation.pk, "message": reply.pk, "media": media.pk, "hook": hook.pk, "name": "boss"}
    return World(lin, boss, ids)


def call(caller: Caller, route: Route, ids: dict[str, Any]) -> int:
    method, path, body, _ = route
    answer = getattr(caller.client, method)(
        BASE + path.format(**ids),
        *([] if method == "get" else [body if body is not None else ""]),
        headers=caller.headers,
        **({} if method == "get" else {"content_type": "application/json"}),
    )
    return int(answer.status_code)


def state() -> list[Any]:
    """Everything that could have been changed."""
    models = (Conversation, Message, Round, Hook)
    return [list(model.objects.order_by("pk").values()) for model in models]


def name(route: Route) -> str:
    return f"{route[0]} {route[1]}"


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_another_accounts_agent_gets_404_and_changes_nothing(world: World, route: Any) -> None:
    stranger = Caller(an_agent("stranger", an_account("other")))
    before = state()
    assert call(stranger, route, world.ids) == 404
    assert state() == before


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_supervisor_of_the_account_is_answered(world: World, route: Any) -> None:
    assert call(Caller(world.boss), route, world.ids) == route[3]


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_absurd_ids_are_404(world: World, route: Any) -> None:
    for absurd in ("0", str(2**63), str(2**70), "9" * 5000):
        assert call(Caller(world.boss), route, dict.fromkeys(world.ids, absurd)) == 404


@pytest.mark.parametrize("route", ADMINS, ids=name)
def test_administrators_calls_are_theirs(world: World, route: Any) -> None:
    before = state()
    for user in (world.lin, world.boss):
        assert call(Caller(user), route, world.ids) == 403
    assert state() == before
    assert call(Caller(a_user("root", role=User.Role.ADMIN)), route, world.ids) == route[3]


@pytest.mark.parametrize("route", ANYBODY, ids=name)
def test_what_is_ones_own(world: World, route: Any) -> None:
    User.objects.filter(pk=world.boss.pk).update(role=User.Role.AGENT)
    caller = Caller(world.boss)
    if "accept-next" in route[1]:
        caller.put("presence/", {"state": "away"})
    assert call(caller, route, world.ids) == route[3]


@pytest.mark.parametrize("route", EVERY, ids=name)
def test_without_a_valid_token_everything_is_401(world: World, route: Any) -> None:
    before = state()
    caller = Caller()
    assert call(caller, route, world.ids) == 401
    caller.headers = {"Authorization": "Token nonsense"}
    assert call(caller, route, world.ids) == 401
    assert state() == before


def test_every_call_is_in_these_tables() -> None:
    patterns = get_resolver("config.api_urls").url_patterns
    known = {str(pattern.pattern) for pattern in patterns} - {"schema/", ""}
    shapes = {path.partition("?")[0] for _, path, _, _ in EVERY}
    covered = set()
    for shape in shapes:
        plain = shape.replace("{conversation}", "<int:pk>").replace("{message}", "<int:pk>")
        plain = plain.replace("{media}", "<int:pk>").replace("{hook}", "<int:pk>").replace("wedding", "<slug:key>")
        covered.add(plain)
    assert covered == known


def test_a_disabled_persons_token_is_refused(world: World) -> None:
    caller = Caller(world.lin)
    assert caller.get("me/")[0] == 200
    User.objects.filter(pk=world.lin.pk).update(is_active=False)
    status, found = caller.get("me/")
    assert (status, found["code"]) == (401, "authentication_failed")


def test_only_the_digest_of_a_token_is_stored(world: World) -> None:
    caller = Caller(world.lin)
    token = caller.headers["Authorization"].removeprefix("Token ")
    assert ApiToken.objects.get(user=world.lin).digest == digest_of(token)
    assert token not in str(list(ApiToken.objects.values()))


def test_agents_lists_show_nothing_of_other_accounts(world: World) -> None:
    other = an_account("other")
    said(other, customer="theirs")
    stranger = Caller(an_agent("stranger", other))
    _, found = stranger.get("conversations/")
    assert [row["account"]["key"] for row in found["results"]] == ["other"]
    for status in ("queued", "assigned", "closed"):
        assert stranger.get("conversations/", account="wedding", status=status)[1]["results"] == []
    assert [account["key"] for account in stranger.get("me/")[1]["accounts"]] == ["other"]


def test_an_agent_reads_the_history_of_a_customer_they_may_read(world: World) -> None:
    lin = Caller(world.lin)
    lin.post(f"conversations/{world.ids['conversation']}/close/")
    jie = Caller(an_agent("jie", Conversation.objects.get().account))
    assert jie.get("conversations/", status="closed", customer="customer-1")[1]["results"] == []
    Conversation.objects.update(closed_at=NOON.replace(year=2025))
    said(Conversation.objects.get().account, at=at(9))
    found = jie.get("conversations/", status="closed", customer="customer-1")[1]["results"]
    assert [row["id"] for row in found] == [world.ids["conversation"]]
