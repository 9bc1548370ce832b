"""The platform's own count, against sequences written by hand."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from platforms.sandbox.quota import Decision, Quota
from platforms.sandbox.store import Store
from tests.platforms.sandbox.world import APP, NOON_MS, OPENID, World

HOUR = 3600
OK, CLOSED, EXHAUSTED = 0, 45015, 45047

# Steps are (seconds after noon, what happens); a number is the errcode of a reply at that time.
Steps = list[tuple[float, str | int]]

SEQUENCES: dict[str, Steps] = {
    "nobody wrote": [(0, CLOSED)],
    "five and no sixth": [(0, "message"), *[(1.0, OK)] * 5, (2, EXHAUSTED)],
    "a second before 48 h": [(0, "message"), (48 * HOUR - 1, OK)],
    "a millisecond before 48 h": [(0, "message"), (48 * HOUR - 0.001, OK)],
    "at 48 h": [(0, "message"), (48 * HOUR, CLOSED)],
    "a second after 48 h": [(0, "message"), (48 * HOUR + 1, CLOSED)],
    "the window outlives the count": [(0, "message"), *[(1.0, OK)] * 5, (48 * HOUR - 1, EXHAUSTED)],
    "a new message renews the count": [(0, "message"), *[(1.0, OK)] * 5, (2, "message"), *[(3.0, OK)] * 5],
    "counts do not add up": [(0, "message"), (1, "message"), *[(2.0, OK)] * 5, (3, EXHAUSTED)],
    "a new message renews the window": [(0, "message"), (HOUR, "message"), (48 * HOUR + 1, OK)],
    "entering allows two": [(0, "enter"), (1, OK), (2, OK), (3, EXHAUSTED)],
    "entering lasts a minute": [(0, "enter"), (59.999, OK), (60, CLOSED)],
    "entering again renews": [
        (0, "enter"), (1, OK), (2, OK), (3, "enter"), (62, OK), (62.5, OK), (63, CLOSED),
    ],
    "entering with two left adds nothing": [
        (0, "message"), *[(1.0, OK)] * 3, (2, "enter"), (3, OK), (4, OK), (5, EXHAUSTED),
    ],
    "entering lowers nothing": [(0, "message"), (1, "enter"), *[(2.0, OK)] * 5, (3, EXHAUSTED)],
    "entering shortens nothing": [(0, "message"), (1, "enter"), (48 * HOUR - 1, OK)],
    "entering with one left allows two": [
        (0, "message"), *[(1.0, OK)] * 4, (2, "enter"), (3, OK), (4, OK), (5, EXHAUSTED),
    ],
    "what entering gave ends with its minute": [
        (0, "message"), *[(1.0, OK)] * 4, (2, "enter"), (63, OK), (64, EXHAUSTED),
    ],
    "entering after five of five": [
        (0, "message"), *[(1.0, OK)] * 5, (2, "enter"), (3, OK), (4, OK), (5, EXHAUSTED), (63, EXHAUSTED),
    ],
    "entering after five of five, too late": [
        (0, "message"), *[(1.0, OK)] * 5, (2, "enter"), (62, EXHAUSTED),
    ],
    "a message while an entering is open": [
        (0, "enter"), (1, OK), (2, "message"), *[(3.0, OK)] * 5, (4, EXHAUSTED),
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", SEQUENCES.values(), ids=SEQUENCES)
async def test_sequence(here: World, steps: Steps) -> None:
    await here.control("customers", openid=OPENID, name="小林")
    for seconds, step in steps:
        here.at(seconds)
        if isinstance(step, int):
            assert await here.reply() == step, f"at {seconds} s"
        else:
            await (here.says() if step == "message" else here.act("enter"))


async def test_customers_have_quotas_of_their_own(here: World) -> None:
    await here.says(openid="oA")
    await here.says(openid="oB")
    assert [await here.reply(openid="oA") for _ in range(6)] == [OK] * 5 + [EXHAUSTED]
    assert await here.reply(openid="oB") == OK


async def test_a_refused_reply_is_recorded_as_refused(here: World) -> None:
    await here.says()
    for _ in range(6):
        await here.reply()
    agent = await here.messages("agent")
    assert [(each["state"], each["accepted"], each["grant_kind"], each["errcode"]) for each in agent] == [
        *[("taken", True, "message", 0)] * 5,
        ("refused", False, "", EXHAUSTED),
    ]


async def test_the_reply_after_five_of_five_is_charged_to_the_entering(here: World) -> None:
    await here.says()
    for _ in range(5):
        await here.reply()
    await here.act("enter")
    await here.reply()
    assert (await here.messages("agent"))[-1]["grant_kind"] == "enter"


async def test_twenty_at_once_let_five_through(here: World) -> None:
    await here.says()
    answers = await asyncio.gather(*(here.reply(str(n)) for n in range(20)))
    assert sorted(answers) == [OK] * 5 + [EXHAUSTED] * 15
    assert len([each for each in await here.messages("agent") if each["accepted"]]) == 5


def with_store(folder: Path, work: Callable[[Quota], None]) -> None:
    """Do `work` in one transaction of a connection of one's own."""
    store = Store(folder / "sandbox.sqlite3")
    try:
        with store.transaction():
            work(Quota(store))
    finally:
        store.close()


def test_twenty_threads_on_one_file_let_five_through(tmp_path: Path) -> None:
    with_store(tmp_path, lambda quota: quota.allow(APP, OPENID, "message", NOON_MS))
    decisions: list[Decision] = []

    def take(quota: Quota) -> None:
        decisions.append(quota.take(APP, OPENID, NOON_MS + 1))

    threads = [threading.Thread(target=with_store, args=(tmp_path, take)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.errcode for each in decisions) == [OK] * 5 + [EXHAUSTED] * 15


async def test_an_action_told_late_is_already_answered(here: World) -> None:
    await here.says()
    here.at(10)
    assert await here.reply() == OK
    await here.act("text", text="晚到", ago_seconds=5)
    here.at(20)
    assert [await here.reply() for _ in range(5)] == [OK] * 4 + [EXHAUSTED]


async def test_the_page_is_told_what_is_left(here: World) -> None:
    await here.says()
    await here.reply()
    quota = (await here.control(f"customers/{OPENID}/messages", "GET"))["quota"]
    assert quota == {"left": 4, "until": "2026-01-03T00:00:00.000Z"}
