"""Faults on calls: each misbehaves as it says, and the record tells the truth of what was taken."""

import json
from pathlib import Path
from typing import Any

import pytest

from platforms.sandbox.faults import KINDS, Faults
from tests.platforms.sandbox.world import APP, OPENID, World

TEXT = {"msgtype": "text", "text": {"content": "您好"}}

# kind: (HTTP status, the body's beginning, whether it was taken)
MISBEHAVIOURS: dict[str, tuple[int, str, bool]] = {
    "http_500": (500, "<h1>", False),
    "busy": (200, '{"errcode": -1, "errmsg": "system error rid', False),
    "token_expired": (200, '{"errcode": 42001,', False),
    "token_invalid": (200, '{"errcode": 40001,', False),
    "timeout_before": (200, "", False),
    "timeout_after": (200, "", True),
    "slow": (200, '{"errcode": 0, "errmsg": "ok"}', True),
    "quota": (200, '{"errcode": 45047, "errmsg": "out of response count limit rid', False),
    "window": (200, '{"errcode": 45015,', False),
    "rate_limit": (200, '{"errcode": 45011,', False),
    "garbage": (200, "<html>", True),
    "truncated": (200, '{"errcode": 0, ', True),
}


@pytest.mark.parametrize("kind", MISBEHAVIOURS)
async def test_one_send_misbehaves_and_the_next_is_well(here: World, kind: str) -> None:
    status, beginning, taken = MISBEHAVIOURS[kind]
    await here.says()
    await here.arm(kind, times=1, seconds=0.01)
    response = await here.post_message(TEXT)
    assert response.status_code == status
    assert response.text.startswith(beginning)
    assert bool(response.text) == bool(beginning)
    assert [(each["accepted"], each["fault"]) for each in await here.messages("agent")] == [(taken, kind)]
    assert await here.reply() == 0


@pytest.mark.parametrize("kind", ["http_500", "busy", "timeout_before", "garbage", "truncated"])
@pytest.mark.parametrize("taken", [True, False])
async def test_a_fault_may_be_told_whether_to_take(here: World, kind: str, taken: bool) -> None:
    await here.says()
    await here.arm(kind, times=1, taken=taken, seconds=0.01)
    await here.post_message(TEXT)
    assert [each["accepted"] for each in await here.messages("agent")] == [taken]


async def test_what_is_taken_in_silence_counts(here: World) -> None:
    await here.says()
    await here.arm("timeout_after", times=5, seconds=0.001)
    for _ in range(5):
        await here.post_message(TEXT)
    assert await here.reply() == 45047


async def test_a_silent_send_over_the_quota_is_recorded_as_refused(here: World) -> None:
    await here.says()
    for _ in range(5):
        await here.reply()
    await here.arm("timeout_after", seconds=0.001)
    await here.post_message(TEXT)
    assert (await here.messages("agent"))[-1]["errcode"] == 45047


async def test_an_expired_token_is_really_expired(here: World) -> None:
    await here.says()
    old = (await here.token())["access_token"]
    await here.arm("token_expired", times=1)
    await here.post_message(TEXT)
    answer = await here.client.post(
        "/cgi-bin/message/custom/send", params={"access_token": old}, json={"touser": OPENID}
    )
    assert answer.json()["errcode"] == 42001
    assert (await here.token())["access_token"] != old


@pytest.mark.parametrize("on", ["token", "media_upload"])
async def test_other_calls_fail_too(here: World, on: str) -> None:
    await here.arm("busy", on=on, times=1)
    if on == "media_upload":
        assert (await here.upload())["errcode"] == -1
        assert "media_id" in await here.upload()
    else:
        assert (await here.token())["errcode"] == -1
        assert (await here.token())["expires_in"] == 7200


async def test_a_fault_for_one_customer_leaves_the_others_alone(here: World) -> None:
    for openid in ("oA", "oB"):
        await here.says(openid=openid)
    await here.arm("quota", openid="oA")
    assert await here.reply(openid="oB") == 0
    assert await here.reply(openid="oA") == 45047


async def test_a_fault_without_an_end_lasts_until_it_is_cleared(here: World) -> None:
    await here.says()
    await here.arm("quota")
    assert [await here.reply() for _ in range(3)] == [45047] * 3
    await here.control("faults", "DELETE")
    assert await here.reply() == 0


async def test_one_of_two_faults_is_cleared(here: World) -> None:
    first = await here.arm("quota")
    await here.arm("busy")
    left = await here.control(f"faults/{first['id']}", "DELETE")
    assert [each["kind"] for each in left["faults"]] == ["busy"]


def test_a_fault_for_a_while_ends() -> None:
    now = 100.0
    faults = Faults(lambda: now)
    assert faults.arm(APP, {"kind": "busy", "for_seconds": 5})["seconds_left"] == 5
    now = 104.9
    assert faults.take(APP, "send") is not None
    now = 105.0
    assert faults.take(APP, "send") is None
    assert faults.armed(APP) == []


@pytest.mark.parametrize(
    "data",
    [{"kind": "earthquake"}, {"kind": "quota", "on": "token"}, {"kind": "busy", "times": "many"}, {}],
)
async def test_a_fault_that_does_not_exist_is_refused(here: World, data: dict[str, Any]) -> None:
    response = await here.client.post(f"/sandbox/api/apps/{APP}/faults", json=data)
    assert (response.status_code, response.json()["code"]) == (422, "bad_fault")
    assert (await here.control("faults", "GET"))["faults"] == []


async def test_the_kinds_are_listed(here: World, tmp_path: Path) -> None:
    kinds = (await here.client.get("/sandbox/api/faults")).json()["kinds"]
    assert list(kinds) == list(KINDS)
    assert json.dumps(kinds["timeout_after"], ensure_ascii=False).startswith('{"label": "超时，消息已收下"')
