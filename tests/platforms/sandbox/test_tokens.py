"""stable_token's rules, and what calls hear about a bad token."""

import pytest

from tests.platforms.sandbox.world import APP, World, register


async def answer_with(here: World, **query: str) -> int:
    """The errcode of a call with this query: 44002 (an empty body) means that the token was good."""
    response = await here.client.post("/cgi-bin/message/custom/send", params=query)
    errcode: int = response.json()["errcode"]
    return errcode


GOOD = 44002


async def test_the_same_token_until_five_minutes_before_its_end(here: World) -> None:
    first = await here.token()
    here.at(6900)
    second = await here.token()
    assert first["expires_in"] == 7200
    assert second == {"access_token": first["access_token"], "expires_in": 300}


async def test_old_and_new_both_work_for_the_last_five_minutes(here: World) -> None:
    old = (await here.token())["access_token"]
    here.at(6901)
    new = await here.token()
    assert new["access_token"] != old
    assert new["expires_in"] == 7200
    assert await answer_with(here, access_token=old) == GOOD
    assert await answer_with(here, access_token=new["access_token"]) == GOOD
    here.at(7200)
    assert await answer_with(here, access_token=old) == 42001
    assert await answer_with(here, access_token=new["access_token"]) == GOOD


async def test_a_forced_refresh_ends_the_old_at_once(here: World) -> None:
    old = (await here.token())["access_token"]
    new = (await here.token(force_refresh=True))["access_token"]
    assert new != old
    assert await answer_with(here, access_token=old) == 40001
    assert await answer_with(here, access_token=new) == GOOD


async def test_forcing_within_thirty_seconds_is_not_obeyed(here: World) -> None:
    first = (await here.token(force_refresh=True))["access_token"]
    here.at(29.9)
    assert (await here.token(force_refresh=True))["access_token"] == first
    here.at(30)
    assert (await here.token(force_refresh=True))["access_token"] != first


async def test_forcing_more_than_twenty_times_a_day_is_not_obeyed(here: World) -> None:
    values = set()
    for n in range(21):
        here.at(n * 60)
        values.add((await here.token(force_refresh=True))["access_token"])
    assert len(values) == 20


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": "wxnobody"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "wrong"}, 40125),
        ({"secret": ""}, 41004),
    ],
)
async def test_a_wrong_request_for_a_token(here: World, changes: dict[str, str], errcode: int) -> None:
    assert (await here.token(**changes))["errcode"] == errcode


async def test_a_token_is_asked_for_by_post(here: World) -> None:
    assert (await here.client.get("/cgi-bin/stable_token")).json()["errcode"] == 43002


async def test_a_call_without_a_token_and_with_an_unknown_one(here: World) -> None:
    assert await answer_with(here) == 41001
    assert await answer_with(here, access_token="nobody-gave-this") == 40001


async def test_registering_again_keeps_the_token(here: World) -> None:
    before = await here.token()
    await register(here.client, name="云朵旗舰店")
    assert await here.token() == before


async def test_a_jump_of_the_clock_ends_tokens(here: World) -> None:
    old = (await here.token())["access_token"]
    await here.control("clock", advance_seconds=7200)
    assert await answer_with(here, access_token=old) == 42001
    assert (await here.client.get(f"/sandbox/api/apps/{APP}/clock")).json() == {
        "now": "2026-01-01T02:00:00.000Z",
        "offset_seconds": 7200.0,
    }
