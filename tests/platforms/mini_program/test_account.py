"""What an administrator must give, and is told when it is wrong."""

import pytest

from platforms.base import Hook, Identity
from platforms.mini_program.adapter import MiniProgram
from tests.platforms.contract import NOW

PLATFORM = MiniProgram()
SECRETS = {
    "app_id": "wx1",
    "app_secret": "s",
    "token": "t",
    "encoding_aes_key": "A" * 43,
    "original_id": "gh_1",
}


def problems(secrets: dict[str, str], **settings: str) -> list[tuple[str, str]]:
    return [(each.name, each.code) for each in PLATFORM.problems(secrets, settings)]


def test_an_account_as_it_should_be() -> None:
    assert problems(SECRETS) == []
    assert problems(SECRETS, push_mode="compatible", push_format="xml", retry_busy="off", road="api") == []


def test_everything_is_missing() -> None:
    missing = ["app_id", "app_secret", "token", "encoding_aes_key"]
    assert problems({}) == [(name, "required") for name in missing]


def test_plain_mode_needs_no_key() -> None:
    del (secrets := dict(SECRETS))["encoding_aes_key"]
    assert problems(secrets, push_mode="plain") == []
    assert problems(secrets, push_mode="compatible") == [("encoding_aes_key", "required")]


@pytest.mark.parametrize("key", ["A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "-", "钥" * 43])
def test_a_key_is_43_characters_of_base64(key: str) -> None:
    assert problems({**SECRETS, "encoding_aes_key": key}) == [("encoding_aes_key", "format")]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("push_mode", "open", "choice"),
        ("push_format", "yaml", "choice"),
        ("retry_busy", "maybe", "choice"),
        ("image_limit_bytes", "10 MB", "format"),
        ("image_limit_bytes", "-1", "format"),
    ],
)
def test_settings_outside_their_choices(name: str, value: str, code: str) -> None:
    assert problems(SECRETS, **{name: value}) == [(name, code)]


def test_a_secret_that_does_not_exist() -> None:
    assert problems({**SECRETS, "appid": "wx1"}) == [("appid", "unknown")]


def test_who_an_account_is() -> None:
    assert PLATFORM.identity(SECRETS) == Identity(app="wx1", address="gh_1")
    assert PLATFORM.identity({"app_id": "wx1"}) == Identity(app="wx1", address="")


def test_success_is_the_acknowledgement() -> None:
    answer = PLATFORM.acknowledge(Hook(headers={}, query={}, body=b"", received_at=NOW))
    assert (answer.status, answer.body) == (200, b"success")
