"""The control API: apps, customers, clocks, the call log, bursts, and its limits."""

import json
from pathlib import Path

import httpx
import pytest

from platforms.sandbox.calls import KEPT, Calls
from tests.platforms.sandbox.world import APP, HOOK, OPENID, World, register, world

API = "/sandbox/api"


async def test_registering_twice_changes_only_what_is_named(here: World) -> None:
    response = await here.client.post(f"{API}/apps", json={"app_id": APP, "push_format": "xml"})
    assert response.json() == {
        "app_id": APP,
        "name": "云朵服饰",
        "app_secret": "s" * 32,
        "token": "AAAAA",
        "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "original_id": "gh_8a1f00000001",
        "push_mode": "secure",
        "push_format": "xml",
        "hook_url": HOOK,
    }


async def test_what_is_not_given_is_made_up(here: World) -> None:
    made = (await here.client.post(f"{API}/apps", json={"app_id": "wxnew"})).json()
    assert (len(made["app_secret"]), len(made["encoding_aes_key"])) == (32, 43)
    assert made["original_id"].startswith("gh_")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"app_id": "a", "push_mode": "loud"},
        {"app_id": "a", "nose": "b"},
        {"app_id": "a", "encoding_aes_key": "x"},
    ],
)
async def test_an_app_that_cannot_be_is_refused(here: World, data: dict[str, str]) -> None:
    assert (await here.client.post(f"{API}/apps", json=data)).status_code == 422
    assert (await here.client.get(f"{API}/apps/a")).status_code == 404


async def test_lists_show_no_secrets(here: World) -> None:
    text = (await here.client.get(f"{API}/apps")).text + (await here.client.get(f"{API}/apps/{APP}")).text
    assert APP in text
    assert not any(secret in text for secret in ("s" * 32, "AAAAA", "encoding_aes_key"))


async def test_customers_are_listed_by_their_last_word(here: World) -> None:
    await here.control("customers", openid="oA", name="小林")
    await here.control("customers", openid="oB", name="小周")
    await here.says(openid="oB")
    customers = (await here.control("customers", "GET"))["customers"]
    assert customers == [{"openid": "oB", "name": "小周"}, {"openid": "oA", "name": "小林"}]


async def test_a_new_customer_gets_an_openid(here: World) -> None:
    openid = (await here.control("customers", name="小林"))["openid"]
    assert (openid[0], len(openid)) == ("o", 28)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"action": "dance"},
        {"action": "text", "text": ""},
        {"action": "text", "text": 1},
        {"action": "enter", "ago_seconds": "x"},
    ],
)
async def test_an_action_that_cannot_be_is_refused(here: World, data: dict[str, object]) -> None:
    response = await here.client.post(f"{API}/apps/{APP}/customers/{OPENID}/act", json=data)
    assert (response.status_code, response.json()["code"]) == (422, "bad_action")
    assert await here.messages() == []


async def test_the_clock_of_all_and_the_clock_of_one_add_up(here: World) -> None:
    await here.client.post(f"{API}/clock", json={"offset_seconds": 3600})
    own = await here.control("clock", offset_seconds=60)
    assert own == {"now": "2026-01-01T01:01:00.000Z", "offset_seconds": 3660.0}
    back = await here.control("clock", advance_seconds=-60)
    assert back["offset_seconds"] == 3600.0


async def test_past_48_hours_by_a_jump(here: World) -> None:
    await here.says()
    await here.control("clock", advance_seconds=48 * 3600)
    assert await here.reply() == 45015


async def test_messages_of_an_app_are_paged_by_number(here: World) -> None:
    for text in ("一", "二", "三"):
        await here.says(text)
    first = await here.control("messages?author=customer&state=acked&limit=2", "GET")
    rest = await here.control(f"messages?after={first['messages'][-1]['id']}", "GET")
    assert [each["content"]["Content"] for each in first["messages"]] == ["一", "二"]
    assert [each["content"]["Content"] for each in rest["messages"]] == ["三"]


async def test_resetting_forgets_the_talk_and_keeps_the_app(here: World) -> None:
    await here.says()
    await here.arm("busy")
    await here.control("clock", offset_seconds=60)
    await here.control("reset")
    assert await here.messages() == []
    assert (await here.control("faults", "GET"))["faults"] == []
    assert (await here.control("clock", "GET"))["offset_seconds"] == 0
    assert await here.reply() == 45015


async def test_removing_forgets_the_app(here: World) -> None:
    assert await here.control("", "DELETE") == {}
    assert (await here.client.get(f"{API}/apps/{APP}")).status_code == 404
    assert (await here.token())["errcode"] == 40013


async def test_the_log_keeps_no_secret(here: World) -> None:
    await here.says()
    value = (await here.token())["access_token"]
    await here.client.post("/cgi-bin/message/custom/send", params={"access_token": value}, content=b"{}")
    calls = await here.calls()
    assert [each["path"].partition("?")[0] for each in calls[:2]] == [
        "/cgi-bin/message/custom/send",
        "/cgi-bin/stable_token",
    ]
    assert calls[0]["path"].endswith("access_token=***")
    assert not any(secret in json.dumps(calls) for secret in (value, "s" * 32))


def test_the_log_is_bounded() -> None:
    calls = Calls()
    for n in range(KEPT + 5):
        calls.add(APP, note=str(n))
    found = calls.latest(KEPT + 5)
    assert (len(found), found[0]["note"], found[-1]["note"]) == (KEPT, str(KEPT + 4), "5")


async def test_a_burst_tells_how_fast_it_was_acknowledged(here: World) -> None:
    found = await here.control("burst", messages=20, customers=3, rate=0, text="第 {n} 条")
    assert (found["messages"], found["states"], found["tries"]) == (20, {"acked": 20}, 20)
    assert found["ack_ms"].keys() == {"p50", "p90", "p99", "max"}
    assert len((await here.control("customers", "GET"))["customers"]) == 3
    texts = [each["content"]["Content"] for each in (await here.control("messages", "GET"))["messages"]]
    assert sorted(texts) == sorted(f"第 {n} 条" for n in range(20))


async def test_a_burst_keeps_its_rate(here: World) -> None:
    found = await here.control("burst", messages=10, customers=1, rate=100)
    assert 0.09 <= found["seconds"] < 1


async def test_a_burst_counts_what_failed(here: World) -> None:
    here.hook.answering = lambda request: httpx.Response(500)
    found = await here.control("burst", messages=2, customers=1, rate=0)
    assert (found["states"], found["tries"], found["ack_ms"]) == ({"failed": 2}, 6, {})


async def test_other_answers(here: World) -> None:
    client = here.client
    assert (await client.get("/nothing")).status_code == 404
    assert (await client.delete(f"{API}/apps")).status_code == 405
    assert (await client.post(f"{API}/apps", content=b"{}")).status_code == 415
    too_long = await client.post(f"{API}/apps", content=bytes(2**20 + 1))
    assert (too_long.status_code, too_long.json()["code"]) == (413, "too_large")
    broken = await client.post(f"{API}/apps", content=b"{", headers={"content-type": "application/json"})
    assert broken.json()["code"] == "bad_json"


async def test_another_run_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        await here.says()
        assert [await here.reply() for _ in range(5)] == [0] * 5
        await register(here.client, hook_url="")
        before = await here.token()
    async with world(tmp_path) as again:
        assert await again.token() == before
        assert await again.reply() == 45047
        assert len(await again.messages()) == 7


async def test_an_unfinished_push_is_taken_up_again(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        await here.arm("delay", seconds=60)
        await here.control(f"customers/{OPENID}/act", action="text", text="等等")
    async with world(tmp_path) as again:
        await again.twin.settle()
        assert [json.loads(each.content).keys() for each in again.hook.requests] == [{"ToUserName", "Encrypt"}]
        assert [each["state"] for each in await again.messages("customer")] == ["acked"]
