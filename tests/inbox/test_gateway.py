"""The answers of the gateway, and what each leaves in the journal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from inbox import gateway, jobs
from inbox.crypto import seal
from inbox.gateway import Gateway
from inbox.models import Account, Hook
from inbox.threads import in_thread
from platforms.registry import PLATFORMS, get_platform
from platforms.wechat.crypto import sign
from tests.inbox.pushes import (
    NONCE,
    TIMESTAMP,
    Platform,
    a_platform,
    a_push,
    a_shop,
    change,
    journal,
    kept,
    texts,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Account:
    return a_shop()


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The jobs asked for."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(jobs, "enqueue_now", lambda *job: asked.append(job))
    return asked


@pytest.fixture
async def platform(enqueued: list[tuple[Any, ...]]) -> AsyncIterator[Platform]:
    async with a_platform() as platform:
        yield platform


async def test_a_push_is_stored_as_it_came_acknowledged_and_handed_on(
    shop: Account, platform: Platform, enqueued: list[tuple[Any, ...]]
) -> None:
    query, body = a_push(shop, "在吗 😀")
    headers = {"content-type": "application/json", "cookie": "a=b", "authorization": "x", "x-forwarded-for": "1.2.3.4"}
    answer = await platform.push(shop, "在吗 😀", headers=headers)
    assert (answer.status_code, answer.text) == (200, "success")
    [hook] = await journal()
    assert texts([hook]) == ["在吗 😀"]
    assert kept(hook) == {
        "path": "",
        "headers": {"content-type": "application/json", "user-agent": platform.http.headers["user-agent"]},
        "query": query,
        "state": "new",
        "reason": "",
        "attempts": 0,
        "body": body,
        "opened": bytes(hook.opened),
    }
    assert enqueued == [(jobs.INGEST, [hook.pk])]


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
async def test_every_push_mode_is_opened(mode: str, platform: Platform) -> None:
    account = await in_thread(a_shop, mode, mode=mode)
    assert (await platform.push(account)).text == "success"
    assert texts(await journal()) == ["在吗"]


async def test_a_handshake_is_answered_with_its_echo_and_leaves_nothing(shop: Account, platform: Platform) -> None:
    query = {"signature": sign("token", TIMESTAMP, NONCE), "timestamp": TIMESTAMP, "nonce": NONCE, "echostr": "42"}
    answer = await platform.http.get("/hooks/mini_program/shop/", params=query)
    wrong = await platform.http.get("/hooks/mini_program/shop/", params={**query, "signature": "0"})
    other = await platform.http.get("/hooks/mini_program/shop/")
    assert (answer.status_code, answer.text) == (200, "42")
    assert (wrong.status_code, other.status_code) == (401, 400)
    assert await journal() == []


async def test_a_path_that_the_platform_does_not_have_is_not_there(shop: Account, platform: Platform) -> None:
    answer = await platform.push(shop, path="/hooks/mini_program/shop/orders/")
    assert answer.status_code == 404
    assert await journal() == []


async def test_a_slash_may_be_missing_and_a_path_may_follow(
    shop: Account, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(get_platform("mini_program")), "paths", frozenset({"", "orders"}))
    await platform.push(shop, number=1, path="/hooks/mini_program/shop")
    await platform.push(shop, number=2, path="/hooks/mini_program/shop/orders/")
    assert [hook.path for hook in await journal()] == ["", "orders"]


async def test_a_wrong_signature_is_refused(shop: Account, platform: Platform) -> None:
    assert (await platform.push(shop, query={"msg_signature": "0" * 40})).status_code == 401
    assert await journal() == []


async def test_a_plain_body_to_an_account_in_secure_mode_is_refused(shop: Account, platform: Platform) -> None:
    """The plain signature does not cover the body."""
    query = {"signature": sign("token", TIMESTAMP, NONCE), "timestamp": TIMESTAMP, "nonce": NONCE}
    answer = await platform.http.post("/hooks/mini_program/shop/", params=query, content=b'{"MsgType":"text"}')
    assert answer.status_code == 401
    assert await journal() == []


async def test_an_envelope_that_cannot_be_opened_is_refused(shop: Account, platform: Platform) -> None:
    sealed = "AAAA"
    query = {"msg_signature": sign("token", TIMESTAMP, NONCE, sealed), "timestamp": TIMESTAMP, "nonce": NONCE}
    answer = await platform.http.post(
        "/hooks/mini_program/shop/", params=query, content=json.dumps({"Encrypt": sealed}).encode()
    )
    assert answer.status_code == 400
    assert await journal() == []


@pytest.mark.parametrize(
    "path",
    ["mini_program/nobody/", "douyin_shop/shop/", "none/shop/", "", "mini_program/", "mini_program/a%00b/"],
)
async def test_what_is_not_connected_is_not_found(path: str, shop: Account, platform: Platform) -> None:
    assert (await platform.push(shop, path=f"/hooks/{path}")).status_code == 404
    assert await journal() == []


async def test_an_account_is_not_found_under_another_platform(
    shop: Account, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PLATFORMS, "other", PLATFORMS["mini_program"])
    assert (await platform.push(shop, path="/hooks/other/shop/")).status_code == 404


async def test_a_removed_account_is_not_found(platform: Platform) -> None:
    account = await in_thread(a_shop, state=Account.State.REMOVED)
    assert (await platform.push(account)).status_code == 404
    assert await journal() == []


async def test_what_is_for_a_paused_account_is_held(platform: Platform, enqueued: list[tuple[Any, ...]]) -> None:
    account = await in_thread(a_shop, state=Account.State.PAUSED)
    assert (await platform.push(account)).text == "success"
    assert [hook.state for hook in await journal()] == [Hook.State.HELD]
    assert enqueued == []


async def test_other_methods_are_refused(shop: Account, platform: Platform) -> None:
    answer = await platform.http.put("/hooks/mini_program/shop/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_body_over_the_limit_is_refused_whether_it_says_so_or_not(
    shop: Account, platform: Platform, settings: Any
) -> None:
    query, body = a_push(shop)
    settings.HOOK_LIMIT_BYTES = len(body)

    async def stream() -> AsyncIterator[bytes]:
        yield body
        yield b" "

    fits = await platform.push(shop)
    declared = await platform.push(shop, body=body + b" ")
    streamed = await platform.http.post("/hooks/mini_program/shop/", params=query, content=stream())
    assert [fits.status_code, declared.status_code, streamed.status_code] == [200, 413, 413]
    assert len(await journal()) == 1


async def test_a_body_that_does_not_come_is_not_waited_for(
    shop: Account, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "BODY_WITHIN_SECONDS", 0.1)

    async def stream() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(20)

    query, _ = a_push(shop)
    answer = await platform.http.post("/hooks/mini_program/shop/", params=query, content=stream())
    assert answer.status_code == 408


async def test_a_client_that_leaves_is_not_answered_and_leaves_nothing(shop: Account) -> None:
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[object] = []
    one = Gateway()
    scope = {"method": "POST", "path": "/hooks/mini_program/shop/", "query_string": b"", "headers": []}

    async def receive() -> Any:
        return next(messages)

    async def send(message: object) -> None:
        sent.append(message)

    await one(scope, receive, send)
    await one.close()
    assert sent == []
    assert await journal() == []


async def test_what_the_database_could_not_hold_in_a_query_is_replaced(shop: Account, platform: Platform) -> None:
    answer = await platform.push(shop, query={"extra": "a\0b"})
    [hook] = await journal()
    assert (answer.status_code, hook.query["extra"]) == (200, "a\N{REPLACEMENT CHARACTER}b")


async def test_a_query_of_hundreds_of_fields_is_refused(shop: Account, platform: Platform) -> None:
    assert (await platform.push(shop, query={f"f{n}": "1" for n in range(200)})).status_code == 400
    assert await journal() == []


async def test_a_new_secret_is_known_within_a_second(shop: Account, platform: Platform, settings: Any) -> None:
    assert (await platform.push(shop)).status_code == 200
    await change(shop, sealed_secrets=seal({**shop.secrets, "token": "another"}))
    await asyncio.sleep(settings.ACCOUNT_CACHED.total_seconds())
    assert (await platform.push(shop)).status_code == 401


async def test_an_account_is_read_once_a_second_and_at_once_after_a_change(shop: Account, platform: Platform) -> None:
    from inbox.hub import hub
    from inbox.realtime import ACCOUNTS

    assert (await platform.push(shop)).status_code == 200
    await change(shop, state=Account.State.REMOVED)
    assert (await platform.push(shop)).status_code == 200  # remembered
    hub().tell([ACCOUNTS], str(shop.pk))
    assert (await platform.push(shop)).status_code == 404


async def test_a_query_is_read_as_forms_write_it(shop: Account, platform: Platform) -> None:
    query, body = a_push(shop)
    signed = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await platform.http.post(
        f"/hooks/mini_program/shop/?{signed}&a=1+2%2B%E5%9C%A8&b&c=d=e", content=body, headers={"cookie": ""}
    )
    [hook] = await journal()
    assert answer.status_code == 200
    assert hook.query == {**query, "a": "1 2+在", "b": "", "c": "d=e"}
