"""Which frames an event becomes, and who gets them: what an agent may not read is never sent to them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.utils import timezone
from redis.exceptions import RedisError

from inbox import hub, realtime
from inbox.models import Account, Conversation, User
from inbox.services.close import close
from inbox.threads import in_thread
from routing.models import Group
from routing.services.accept import accept
from tests.factories import a_user, an_account, an_agent, answered, said
from tests.inbox.sockets import Socket, a_socket, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Account:
    return an_account("shop")


@pytest.fixture
def amy(shop: Account) -> User:
    return an_agent("amy", shop, now=timezone.now())


@pytest.fixture
def bob(shop: Account) -> User:
    return an_agent("bob", shop, now=timezone.now())


@pytest.fixture
def boss(shop: Account) -> User:
    return a_user("boss", role=User.Role.SUPERVISOR, accounts=(shop,))


async def says(account: Account, text: str = "在吗", **fields: Any) -> Conversation:
    """A customer writes, and it is told."""
    received = await in_thread(said, account, text, at=timezone.now(), **fields)
    await told()
    return received.conversation


async def takes(agent: User, conversation: Conversation) -> None:
    """An agent accepts, and it is told."""
    await in_thread(accept, conversation, agent=agent, now=timezone.now())
    await told()


async def everything(socket: Socket) -> list[dict[str, Any]]:
    """What it was sent, in order, without pings."""
    found = []
    while not await socket.quiet():
        found.append(await socket.next())
    return found


async def test_a_word_is_shown_to_the_agents_of_its_account_and_to_nobody_else(
    shop: Account, amy: User, boss: User
) -> None:
    stranger = await in_thread(an_agent, "stranger", await in_thread(an_account, "other"), now=timezone.now())
    async with a_socket(amy) as socket, a_socket(boss) as watching, a_socket(stranger) as other:
        conversation = await says(shop, "在吗")
        frame = await socket.next("queued")
        assert (frame["conversation"], frame["revision"]) == (conversation.pk, frame["data"]["revision"])
        assert frame["data"]["last_message"]["text"] == "在吗"
        assert f'id="row-{conversation.pk}"' in frame["html"]
        assert await watching.next("queued") == frame
        assert await other.quiet()


async def test_an_accepted_conversation_leaves_the_others_with_the_winners_name_and_nothing_more(
    shop: Account, amy: User, bob: User, boss: User
) -> None:
    async with a_socket(amy) as winner, a_socket(bob) as loser, a_socket(boss) as watching:
        conversation = await says(shop)
        for socket in (winner, loser, watching):
            await socket.next("queued")
        await takes(amy, conversation)
        taken = await loser.next("taken")
        assert {name: taken[name] for name in ("conversation", "by", "name")} == {
            "conversation": conversation.pk,
            "by": "amy",
            "name": "amy",
        }
        assert taken.keys() == {"type", "conversation", "revision", "id", "by", "name"}
        assert (await winner.next("changed"))["data"]["assignee"] == {"username": "amy"}
        assert (await watching.next("changed"))["data"]["assignee"] == {"username": "amy"}
        await says(shop, "secret")
        assert (await winner.next("changed"))["data"]["last_message"]["text"] == "secret"
        assert await loser.quiet()


async def test_messages_go_to_whoever_has_the_conversation_open_and_may_read_it(
    shop: Account, amy: User, bob: User, boss: User
) -> None:
    conversation = await says(shop)
    async with a_socket(amy) as owner, a_socket(bob) as other, a_socket(boss) as watching:
        for socket in (owner, other, watching):
            assert (await socket.watch(conversation.pk))["type"] == "watching"
        await says(shop, "for all")
        for socket in (owner, other, watching):
            assert (await socket.next("message"))["data"]["text"] == "for all"
        await takes(amy, conversation)
        await says(shop, "for amy")
        frames = [frame for frame in await everything(other) if frame["type"] == "message"]
        assert [frame["data"]["text"] for frame in frames if frame["data"]["author"] == "customer"] == []
        assert "for amy" not in str(frames)
        for socket in (owner, watching):
            texts = [frame["data"]["text"] for frame in await everything(socket) if frame["type"] == "message"]
            assert texts[-1] == "for amy"


async def test_a_reply_is_shown_to_its_writer_with_its_state(shop: Account, amy: User) -> None:
    conversation = await says(shop)
    await takes(amy, conversation)
    async with a_socket(amy) as socket:
        await socket.watch(conversation.pk)
        await in_thread(answered, conversation, amy, "在的", at=timezone.now())
        frame = await socket.next("message")
        assert (frame["data"]["text"], frame["data"]["state"]) == ("在的", "queued")
        assert f'id="message-{frame["message"]}"' in frame["html"]


async def test_a_closed_conversation_leaves_its_owner_and_the_queue(
    shop: Account, amy: User, bob: User, boss: User
) -> None:
    conversation = await says(shop)
    await takes(amy, conversation)
    async with a_socket(amy) as owner, a_socket(bob) as other, a_socket(boss) as watching:
        await in_thread(close, conversation.pk, by=amy, now=timezone.now())
        assert (await owner.next("left"))["conversation"] == conversation.pk
        assert (await other.next("left")).keys() == {"type", "conversation", "revision"}
        assert (await watching.next("changed"))["data"]["status"] == "closed"


async def test_what_was_given_to_a_group_is_shown_to_its_members_of_the_account_only(
    shop: Account, amy: User, bob: User, boss: User
) -> None:
    conversation = await says(shop)
    stranger = await in_thread(an_agent, "stranger", await in_thread(an_account, "other"), now=timezone.now())

    def give() -> None:
        group = Group.objects.create(name="after-sales")
        group.members.set([amy, stranger])
        Conversation.objects.filter(pk=conversation.pk).update(group=group)
        realtime.publish(realtime.ConversationChanged(conversation.pk))

    async with a_socket(amy) as member, a_socket(bob) as other, a_socket(boss) as watching, a_socket(stranger) as no:
        await in_thread(give)
        assert (await member.next("queued"))["conversation"] == conversation.pk
        assert (await watching.next("queued"))["conversation"] == conversation.pk
        assert await other.quiet()
        assert await no.quiet()


async def test_a_fragment_is_in_the_language_of_its_reader(shop: Account, amy: User, bob: User) -> None:
    await in_thread(User.objects.filter(pk=bob.pk).update, language="en")
    async with a_socket(amy) as chinese, a_socket(bob) as english:
        await says(shop)
        here, there = await chinese.next("queued"), await english.next("queued")
        assert "Accept" in there["html"]
        assert "Accept" not in here["html"]
        assert here["data"] == there["data"]


async def test_what_happens_together_is_told_once(shop: Account, amy: User, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    conversation = await says(shop)
    changed, message = realtime.ConversationChanged(conversation.pk), conversation.last_message_id
    assert message is not None
    monkeypatch.setattr(hub, "send", sent.extend)
    await in_thread(realtime._broadcast, [changed, realtime.MessageChanged(message), changed])
    assert len(sent) == 2


async def test_a_bus_that_is_away_fails_nobody(shop: Account, amy: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_frames: object) -> None:
        raise RedisError

    monkeypatch.setattr(hub, "send", away)
    conversation = await asyncio.wait_for(says(shop), 5)
    assert await in_thread(Conversation.objects.filter(pk=conversation.pk).exists)
