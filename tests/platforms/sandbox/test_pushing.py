"""Pushes as the official pages describe them, and what happens when the hook does not answer well."""

import asyncio
import json
from base64 import b64decode
from typing import Any

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from platforms.sandbox.caller import CallError
from platforms.sandbox.wechat.pushing import UNAVAILABLE
from tests.platforms.sandbox.world import APP, KEY, OPENID, PNG, TOKEN, World, decrypted, register, signed


def opened(request: httpx.Request) -> dict[str, Any]:
    """The event in a secure JSON push, its signatures checked."""
    query, encrypted = request.url.params, json.loads(request.content)["Encrypt"]
    assert query["msg_signature"] == signed(TOKEN, query["timestamp"], query["nonce"], encrypted)
    assert query["signature"] == signed(TOKEN, query["timestamp"], query["nonce"])
    plain, app_id = decrypted(encrypted)
    assert app_id == APP
    found: dict[str, Any] = json.loads(plain)
    return found


async def test_a_text_is_pushed_secure(here: World) -> None:
    said = await here.says("在吗")
    (request,) = here.hook.requests
    assert opened(request) == {
        "ToUserName": "gh_8a1f00000001",
        "FromUserName": OPENID,
        "CreateTime": 1767225600,
        "MsgType": "text",
        "Content": "在吗",
        "MsgId": int(said["msg_id"]),
    }
    assert json.loads(request.content).keys() == {"ToUserName", "Encrypt"}
    assert {"openid": OPENID, "encrypt_type": "aes"}.items() <= dict(request.url.params).items()
    assert (said["state"], said["tries"]) == ("acked", 1)


async def test_msg_ids_are_64_bits_and_more_than_a_double_holds(here: World) -> None:
    ids = [int((await here.says())["msg_id"]) for _ in range(3)]
    assert ids == sorted(set(ids))
    assert all(2**53 < each < 2**63 for each in ids)


async def test_entering_is_an_event_without_a_msg_id(here: World) -> None:
    await here.act("enter", session_from="order:1")
    event = opened(here.hook.requests[0])
    assert (event["MsgType"], event["Event"]) == ("event", "user_enter_tempsession")
    assert event["SessionFrom"] == "order:1"
    assert "MsgId" not in event


async def test_a_picture_is_pushed_with_its_address(here: World) -> None:
    uploaded = await here.client.post(f"/sandbox/api/apps/{APP}/media", content=PNG)
    media_id = uploaded.json()["media_id"]
    await here.act("image", media_id=media_id)
    event = opened(here.hook.requests[0])
    assert (event["MediaId"], event["PicUrl"]) == (media_id, f"http://twin.test/media/{media_id}")
    assert (await here.client.get(event["PicUrl"])).content == PNG


async def test_a_card_is_pushed(here: World) -> None:
    await here.act("card", title="云朵羽绒服", path="pages/goods/detail?id=10086")
    event = opened(here.hook.requests[0])
    assert (event["MsgType"], event["AppId"]) == ("miniprogrampage", APP)
    assert (event["Title"], event["PagePath"]) == ("云朵羽绒服", "pages/goods/detail?id=10086")
    assert event["ThumbUrl"] == f"http://twin.test/media/{event['ThumbMediaId']}"
    assert (await here.client.get(event["ThumbUrl"])).headers["content-type"] == "image/png"


async def test_plain_json(here: World) -> None:
    await register(here.client, push_mode="plain")
    await here.says()
    (request,) = here.hook.requests
    query = request.url.params
    assert query["signature"] == signed(TOKEN, query["timestamp"], query["nonce"])
    assert json.loads(request.content)["Content"] == "在吗"
    assert not {"msg_signature", "encrypt_type"} & query.keys()


async def test_compatible_json_has_both(here: World) -> None:
    await register(here.client, push_mode="compatible")
    await here.says()
    body = json.loads(here.hook.requests[0].content)
    encrypted = body.pop("Encrypt")
    assert body == json.loads(decrypted(encrypted)[0])


@pytest.mark.parametrize("mode", ["plain", "secure"])
async def test_xml(here: World, mode: str) -> None:
    await register(here.client, push_mode=mode, push_format="xml")
    await here.says("<在吗> ]]> & \x00")
    document = fromstring(here.hook.requests[0].content)
    if mode == "secure":
        assert [each.tag for each in document] == ["ToUserName", "Encrypt"]
        document = fromstring(decrypted(document.findtext("Encrypt", ""))[0])
    assert document.findtext("Content") == "<在吗> ]]> & "
    assert document.findtext("MsgId", "").isdecimal()


@pytest.mark.parametrize("answer", ["", "success"])
async def test_success_and_nothing_are_acknowledgements(here: World, answer: str) -> None:
    here.hook.answering = lambda request: httpx.Response(200, text=answer)
    assert (await here.says())["state"] == "acked"
    assert len(here.hook.requests) == 1


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(401), httpx.Response(200, text="fine")])
async def test_anything_else_is_tried_three_times_and_told_to_the_customer(here: World, answer: httpx.Response) -> None:
    here.hook.answering = lambda request: answer
    said = await here.says()
    assert (said["state"], said["tries"], len(here.hook.requests)) == ("failed", 3, 3)
    assert [opened(each)["MsgId"] for each in here.hook.requests] == [int(said["msg_id"])] * 3
    system = await here.messages("system")
    assert [each["content"]["content"] for each in system] == [UNAVAILABLE]


async def test_the_second_try_may_succeed(here: World) -> None:
    answers = iter([httpx.Response(503), httpx.Response(200, text="success")])
    here.hook.answering = lambda request: next(answers)
    assert (await here.says())["tries"] == 2
    assert await here.messages("system") == []


async def test_a_hook_that_is_not_there_is_tried_three_times(here: World) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise CallError("refused")

    here.hook.answering = refuse
    assert (await here.says())["state"] == "failed"
    assert (await here.calls())[0]["note"] == "refused"


async def test_without_a_hook_nothing_is_pushed(here: World) -> None:
    await register(here.client, hook_url="")
    assert (await here.says())["state"] == "off"
    assert here.hook.requests == []


async def test_copies_are_one_message(here: World) -> None:
    await here.arm("duplicate", times=1, copies=20)
    await here.says()
    assert len(here.hook.requests) == 20
    assert len({opened(each)["MsgId"] for each in here.hook.requests}) == 1
    await here.says()
    assert len(here.hook.requests) == 21


async def test_a_held_push_comes_after_the_next(here: World) -> None:
    await here.arm("reorder", times=1)
    first = asyncio.create_task(here.says("一"))
    await asyncio.sleep(0.05)
    await here.says("二")
    assert (await first)["state"] == "acked"
    assert [opened(each)["Content"] for each in here.hook.requests] == ["二", "一"]


async def test_a_lost_push_is_recorded_as_lost(here: World) -> None:
    await here.arm("lost", times=1)
    assert (await here.says())["state"] == "lost"
    assert here.hook.requests == []
    assert await here.messages("system") == []
    assert await here.reply() == 0


async def test_a_late_push_keeps_its_time(here: World) -> None:
    await here.arm("delay", times=1, seconds=0.05)
    waiting = asyncio.create_task(here.says())
    await asyncio.sleep(0.01)
    here.at(60)
    await waiting
    (request,) = here.hook.requests
    assert opened(request)["CreateTime"] == 1767225600
    assert request.url.params["timestamp"] == "1767225660"


async def test_a_wrong_signature(here: World) -> None:
    await here.arm("bad_signature", times=1)
    await here.says()
    query, body = here.hook.requests[0].url.params, json.loads(here.hook.requests[0].content)
    assert query["msg_signature"] != signed(TOKEN, query["timestamp"], query["nonce"], body["Encrypt"])
    assert query["signature"] != signed(TOKEN, query["timestamp"], query["nonce"])


async def test_a_spoilt_envelope_is_signed_rightly(here: World) -> None:
    await here.arm("bad_envelope", times=1)
    await here.says()
    query, body = here.hook.requests[0].url.params, json.loads(here.hook.requests[0].content)
    assert query["msg_signature"] == signed(TOKEN, query["timestamp"], query["nonce"], body["Encrypt"])
    assert len(b64decode(body["Encrypt"])) % 16 != 0


async def test_the_handshake(here: World) -> None:
    here.hook.answering = lambda request: httpx.Response(200, text=request.url.params["echostr"])
    found = await here.control("handshake")
    query = here.hook.requests[0].url.params
    assert (found["ok"], here.hook.requests[0].method) == (True, "GET")
    assert query["signature"] == signed(TOKEN, query["timestamp"], query["nonce"])


async def test_a_handshake_that_fails(here: World) -> None:
    assert (await here.control("handshake"))["ok"] is False


async def test_the_log_shows_the_plain_content_and_no_key(here: World) -> None:
    await here.says()
    call = (await here.calls())[0]
    assert (call["direction"], call["method"], call["status"]) == ("out", "POST", 200)
    assert json.loads(call["opened"])["Content"] == "在吗"
    assert KEY not in json.dumps(call)
