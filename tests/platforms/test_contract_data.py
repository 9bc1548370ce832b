"""Small promises of the shared modules: times, allowances, contents, the registry."""

from datetime import UTC, datetime, timedelta

import pytest

from platforms.content import Image, MediaFile, MediaRef, Text, Unknown, as_json, from_json
from platforms.errors import PayloadError
from platforms.limits import Allowance, GrantKind, allowance, parse_allowance
from platforms.registry import PLATFORMS, get_platform
from platforms.timestamps import from_seconds


@pytest.mark.parametrize("value", [1767225600, "1767225600"])
def test_seconds_become_aware_utc(value: object) -> None:
    assert from_seconds(value) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, True, 1.5, "", "soon", 10**15, "9" * 5000, [], {}])
def test_what_is_no_time_is_a_payload_error(value: object) -> None:
    with pytest.raises(PayloadError):
        from_seconds(value)


def test_the_published_allowances_of_a_mini_program() -> None:
    assert allowance("mini_program", GrantKind.MESSAGE, {}) == Allowance(5, timedelta(hours=48))
    assert allowance("mini_program", GrantKind.ENTER, {}) == Allowance(2, timedelta(seconds=60))
    assert allowance("bridge", GrantKind.ENTER, {}) is None


def test_an_account_may_have_its_own() -> None:
    settings = {"grant.message": "3/60"}
    assert allowance("mini_program", GrantKind.MESSAGE, settings) == Allowance(3, timedelta(minutes=1))


@pytest.mark.parametrize("text", ["", "5", "5/", "/5", "5/0", "-1/5", "five/60"])
def test_an_allowance_that_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whose words they are does not matter
        parse_allowance(text)


@pytest.mark.parametrize(
    "content", [Text(text="a"), Image(media=MediaRef(id="1", url="u")), Unknown(kind="k", raw={"a": [1]})]
)
def test_content_goes_to_json_and_back(content: Text | Image | Unknown) -> None:
    assert from_json(as_json(content)) == content


def test_a_files_body_does_not_go_to_json() -> None:
    assert as_json(Image(file=MediaFile(name="a", mime="image/png", body=b"x"))) == {"type": "image"}


def test_every_platform_can_be_loaded_and_is_complete() -> None:
    for kind in PLATFORMS:
        platform = get_platform(kind)
        assert platform.kind == kind
        assert platform.default_api_base.startswith("https://")
        assert get_platform(kind) is platform
