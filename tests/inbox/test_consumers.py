"""The socket: who may open it, what it answers, when it closes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone

from inbox import consumers, realtime
from inbox.models import Account, User
from inbox.threads import in_thread
from routing.models import Agent
from tests.factories import a_user, an_account, an_agent, said, taken
from tests.inbox.sockets import Header, a_communicator, a_socket, token_of

pytestmark = pytest.mark.django_db(transaction=True)
OUR_PAGE: tuple[Header, Header] = ((b"host", b"testserver"), (b"origin", b"http://testserver"))


@pytest.fixture
def account() -> Account:
    return an_account("shop")


@pytest.fixture
def amy(account: Account) -> User:
    return an_agent("amy", account, now=timezone.now())


def a_cookie(user: User) -> Header:
    """What a browser sends once `user` has logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return b"cookie", f"sessionid={session.session_key}".encode()


async def code_for(*headers: Header) -> int:
    """The code that a socket with these headers is closed with at once; 0 if it is let in."""
    communicator = a_communicator(*headers)
    accepted, _ = await communicator.connect(timeout=5)
    if not accepted:
        return 403
    message = await communicator.receive_output(timeout=5)
    await communicator.disconnect()
    return int(message.get("code", 0))


async def test_a_program_with_a_token_is_told_who_it_is(amy: User) -> None:
    async with a_socket(amy) as socket:
        assert socket.ready["type"] == "ready"
        assert socket.ready["user"] == {"id": amy.pk, "username": "amy", "name": "amy"}


async def test_a_page_of_ours_is_let_in_by_its_session(amy: User) -> None:
    assert await code_for(await in_thread(a_cookie, amy), *OUR_PAGE) == 0


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"testserver"), (b"origin", b"http://elsewhere.example")],
        [(b"host", b"testserver"), (b"origin", b"http://testserver:81")],
        [(b"host", b"elsewhere.example"), (b"origin", b"http://elsewhere.example")],
        [(b"host", b"testserver")],
    ],
)
async def test_a_page_of_somebody_elses_is_not_even_answered(headers: list[Header], amy: User) -> None:
    assert await code_for(await in_thread(a_cookie, amy), *headers) == 403


async def test_nobody_is_closed_with_a_code_that_says_so(amy: User) -> None:
    wrong = (b"authorization", b"Token wrong")
    other = (b"authorization", (await token_of(amy))[1].replace(b"Token", b"Bearer"))
    stranger = (b"cookie", b"sessionid=none")
    codes = [await code_for(wrong), await code_for(other), await code_for(*OUR_PAGE)]
    assert [*codes, await code_for(stranger, *OUR_PAGE)] == [4401] * 4


async def test_whoever_is_disabled_or_has_a_first_password_is_nobody(amy: User) -> None:
    token, cookie = await token_of(amy), await in_thread(a_cookie, amy)
    await in_thread(User.objects.filter(pk=amy.pk).update, must_change_password=True)
    assert await code_for(cookie, *OUR_PAGE) == 4401
    await in_thread(User.objects.filter(pk=amy.pk).update, is_active=False, must_change_password=False)
    assert [await code_for(token), await code_for(cookie, *OUR_PAGE)] == [4401, 4401]


async def test_a_changed_password_ends_the_session(amy: User) -> None:
    cookie = await in_thread(a_cookie, amy)
    await in_thread(User.objects.filter(pk=amy.pk).update, password="other")
    assert await code_for(cookie, *OUR_PAGE) == 4401


async def test_opening_a_socket_is_a_heartbeat_that_shortens_nothing(amy: User, account: Account) -> None:
    bob = await in_thread(an_agent, "bob", account, now=timezone.now() - timedelta(days=2))
    before = await in_thread(Agent.objects.get, pk=amy.pk)
    async with a_socket(amy), a_socket(bob):
        rows = await in_thread(lambda: {agent.pk: agent.connected_until for agent in Agent.objects.all()})
    until = rows[bob.pk]
    assert until is not None
    left = until - timezone.now()
    assert timedelta(seconds=35) < left <= timedelta(seconds=45)
    assert rows[amy.pk] == before.connected_until


async def test_a_pong_is_a_heartbeat(amy: User, settings: Any) -> None:
    settings.PRESENCE_SOCKET = timedelta(seconds=4)
    async with a_socket(amy) as socket:
        await in_thread(Agent.objects.filter(pk=amy.pk).update, connected_until=None)
        await socket.say({"type": "pong"})
        for _ in range(40):
            await asyncio.sleep(0.1)
            agent = await in_thread(Agent.objects.get, pk=amy.pk)
            if agent.connected_until is not None:
                return
    pytest.fail("no heartbeat")


async def test_the_server_pings_and_whoever_is_silent_is_closed(amy: User, settings: Any) -> None:
    settings.PING_EVERY, settings.PRESENCE_SOCKET = timedelta(seconds=0.2), timedelta(seconds=1.5)
    async with a_socket(amy) as socket:
        for _ in range(10):
            await socket.next("ping")
            await socket.say({"type": "pong"})
        assert await socket.closed() == 4408


async def test_a_socket_does_not_live_for_ever(amy: User, settings: Any) -> None:
    settings.SOCKET_LIFETIME = timedelta(seconds=1)
    async with a_socket(amy) as socket:
        assert await socket.closed() == 4410


async def test_a_change_of_rights_closes_every_socket_of_the_person(amy: User, account: Account) -> None:
    bob = await in_thread(an_agent, "bob", account, now=timezone.now())
    async with a_socket(amy) as desk, a_socket(amy) as phone, a_socket(bob) as other:
        await in_thread(realtime.publish, realtime.AccessChanged(amy.pk))
        assert [await desk.closed(), await phone.closed()] == [4403, 4403]
        assert await other.quiet()


async def test_a_removed_account_closes_the_sockets_of_those_who_work_on_it(amy: User, account: Account) -> None:
    bob = await in_thread(an_agent, "bob", await in_thread(an_account, "other"), now=timezone.now())
    async with a_socket(amy) as socket, a_socket(bob) as other:
        await in_thread(Account.objects.filter(pk=account.pk).update, state=Account.State.REMOVED)
        await in_thread(realtime.publish, realtime.AccountChanged(account.pk))
        assert await socket.closed() == 4403
        assert await other.quiet()


async def test_an_event_is_told_only_after_its_commit(amy: User, account: Account) -> None:
    def in_vain() -> None:
        with transaction.atomic():
            said(account, at=timezone.now())
            transaction.set_rollback(True)

    async with a_socket(amy) as socket:
        await in_thread(in_vain)
        assert await socket.quiet()


async def test_frames_that_make_no_sense_are_answered_and_the_third_closes(amy: User) -> None:
    async with a_socket(amy) as socket:
        for text in ("{", '{"type":"watch","conversation":"1"}'):
            await socket.say(text)
            assert (await socket.next())["code"] == "bad_frame"
        await socket.say("[" * 3_000)
        assert await socket.closed() == 4400


async def test_a_client_may_ping(amy: User) -> None:
    async with a_socket(amy) as socket:
        await socket.say({"type": "ping"})
        assert (await socket.next())["type"] == "pong"


async def test_only_what_may_be_read_can_be_watched(amy: User, account: Account) -> None:
    other = await in_thread(an_account, "other")
    foreign = await in_thread(said, other)
    bob = await in_thread(an_agent, "bob", account, now=timezone.now())
    his = await in_thread(taken, account, bob, at=timezone.now(), customer="c2")
    free = await in_thread(said, account, customer="c3")
    async with a_socket(amy) as socket:
        answers = [await socket.watch(pk) for pk in (foreign.conversation.pk, his.pk, 10**9, free.conversation.pk)]
    assert [answer.get("code", answer["type"]) for answer in answers] == ["not_found"] * 3 + ["watching"]


async def test_a_socket_watches_a_bounded_number(amy: User, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "WATCHED", 1)
    first = await in_thread(said, account, customer="c1")
    second = await in_thread(said, account, customer="c2")
    async with a_socket(amy) as socket:
        assert (await socket.watch(first.conversation.pk))["type"] == "watching"
        assert (await socket.watch(second.conversation.pk))["code"] == "too_many"
        await socket.say({"type": "unwatch", "conversation": first.conversation.pk})
        assert (await socket.watch(second.conversation.pk))["type"] == "watching"


async def test_a_client_that_does_not_read_is_closed(amy: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "OUTBOX", 5)
    never = asyncio.Event()
    async with a_socket(amy) as socket:
        one = next(iter(_sockets()))
        monkeypatch.setattr(one, "base_send", _stuck(one.base_send, never))
        for _ in range(8):
            one.hear('{"type":"changed"}')
        assert await socket.closed() == 4408


def _sockets() -> set[Any]:
    from inbox.pulse import pulse

    return set(pulse()._sockets)


def _stuck(send: Any, until: asyncio.Event) -> Any:
    async def stuck(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await until.wait()
        await send(message)

    return stuck


async def test_a_supervisor_is_told_of_an_agent_who_comes_back(amy: User, account: Account) -> None:
    boss = await in_thread(a_user, "boss", role=User.Role.SUPERVISOR, accounts=(account,))
    await in_thread(Agent.objects.filter(pk=amy.pk).update, connected_until=None)
    async with a_socket(boss) as socket, a_socket(amy):
        frame = await socket.next("presence")
        assert {name: frame[name] for name in ("agent", "state", "capacity", "held")} == {
            "agent": "amy",
            "state": "online",
            "capacity": 8,
            "held": 0,
        }
