"""custom/send, typing and media: what is taken, and what each mistake is answered with."""

import json
import re
from typing import Any

import pytest

from tests.platforms.sandbox.world import APP, OPENID, PNG, World

SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"


def body(**changes: Any) -> bytes:
    """A text message with changes."""
    message = {"touser": OPENID, "msgtype": "text", "text": {"content": "您好"}} | changes
    return json.dumps(message, ensure_ascii=False).encode()


MISTAKES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 44002),
    "no JSON": (b"{", 47001),
    "no object": (b"[]", 47001),
    "no UTF-8": (b'{"touser": "\xff"}', 47001),
    "escapes": (json.dumps({"touser": OPENID, "text": "您好"}).encode(), 40033),
    "nobody": (body(touser=""), 40003),
    "a stranger": (body(touser="oStranger"), 40003),
    "no type": (body(msgtype=None), 40008),
    "a type of another platform": (body(msgtype="video"), 40008),
    "no content": (body(text=None), 44004),
    "empty text": (body(text={"content": " "}), 44004),
    "a number for text": (body(text={"content": 1}), 40097),
    "long text": (body(text={"content": "好" * 683}), 45002),
    "unknown picture": (body(msgtype="image", image={"media_id": "x"}), 40007),
    "a card with an unknown picture": (
        body(msgtype="miniprogrampage", miniprogrampage={"pagepath": "b", "thumb_media_id": "c"}), 40007,
    ),
    "a card to nowhere": (body(msgtype="miniprogrampage", miniprogrampage={"title": "a"}), 44004),
    "a link to nowhere": (body(msgtype="link", link={"title": "a"}), 44004),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "errcode"), MISTAKES.values(), ids=MISTAKES)
async def test_a_mistake_is_named_and_nothing_is_recorded(here: World, sent: bytes, errcode: int) -> None:
    await here.says()
    assert (await here.post(SEND, sent)).json()["errcode"] == errcode
    assert await here.messages("agent") == []
    assert await here.reply() == 0


async def test_an_error_carries_its_text_and_a_rid(here: World) -> None:
    errmsg = (await here.post(SEND, b"")).json()["errmsg"]
    assert re.fullmatch(r"empty post data rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}", errmsg)


async def test_a_backslash_and_letters_are_no_escape(here: World) -> None:
    await here.says()
    assert await here.reply("\\u4f60 \n") == 0
    assert (await here.messages("agent"))[0]["content"] == {"content": "\\u4f60 \n"}


async def test_the_longest_text_is_taken_with_its_time(here: World) -> None:
    await here.says()
    here.at(1.5)
    assert await here.reply("好" * 682) == 0
    assert (await here.messages("agent"))[0]["at"] == "2026-01-01T00:00:01.500Z"


async def test_sending_is_a_post(here: World) -> None:
    value = (await here.token())["access_token"]
    assert (await here.client.get(SEND, params={"access_token": value})).json()["errcode"] == 43002


async def test_a_picture_is_uploaded_sent_and_shown(here: World) -> None:
    await here.says()
    uploaded = await here.upload()
    assert (uploaded["type"], uploaded["created_at"]) == ("image", 1767225600)
    sent = {"msgtype": "image", "image": {"media_id": uploaded["media_id"]}}
    assert (await here.post_message(sent)).json() == {"errcode": 0, "errmsg": "ok"}
    shown = await here.client.get(f"/media/{uploaded['media_id']}")
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")


async def test_cards_and_links_are_taken(here: World) -> None:
    await here.says()
    thumb = (await here.upload())["media_id"]
    card = {"title": "云朵羽绒服", "pagepath": "pages/goods?id=1", "thumb_media_id": thumb}
    link = {"title": "尺码表", "description": "对照", "url": "https://example.com", "thumb_url": ""}
    assert (await here.post_message({"msgtype": "miniprogrampage", "miniprogrampage": card})).json()["errcode"] == 0
    assert (await here.post_message({"msgtype": "link", "link": link})).json()["errcode"] == 0
    assert [each["content"] for each in await here.messages("agent")] == [card, link]


@pytest.mark.parametrize(
    ("content", "query", "errcode"),
    [
        (PNG, {"type": "video"}, 40004),
        (b"", {}, 41005),
        (b"MZ an executable", {}, 40005),
        (PNG + bytes(10 * 1024 * 1024), {}, 40009),
    ],
)
async def test_a_wrong_upload(here: World, content: bytes, query: dict[str, str], errcode: int) -> None:
    assert (await here.upload(content, **query))["errcode"] == errcode


async def test_media_is_fetched_for_three_days(here: World) -> None:
    media_id = (await here.upload())["media_id"]

    async def fetched() -> bytes:
        query = {"access_token": (await here.token())["access_token"], "media_id": media_id}
        return (await here.client.get("/cgi-bin/media/get", params=query)).content

    here.at(72 * 3600 - 1)
    assert await fetched() == PNG
    here.at(72 * 3600)
    assert json.loads(await fetched())["errcode"] == 40007


async def typing(here: World, command: str = "Typing") -> int:
    sent = json.dumps({"touser": OPENID, "command": command}).encode()
    errcode: int = (await here.post(TYPING, sent)).json()["errcode"]
    return errcode


async def shown_as_typing(here: World) -> bool:
    shown: bool = (await here.client.get(f"/sandbox/api/apps/{APP}/customers/{OPENID}/phone")).json()["typing"]
    return shown


async def test_typing_is_shown_until_it_is_cancelled_or_a_reply_comes(here: World) -> None:
    await here.says()
    assert await typing(here) == 0
    assert await shown_as_typing(here)
    assert await typing(here) == 45081
    assert await typing(here, "CancelTyping") == 0
    assert not await shown_as_typing(here)
    await typing(here)
    await here.reply()
    assert not await shown_as_typing(here)


async def test_typing_needs_a_recent_message_and_a_known_command(here: World) -> None:
    await here.says()
    assert await typing(here, "Dance") == 45072
    here.at(30.001)
    assert await typing(here) == 45080
