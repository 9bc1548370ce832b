"""Every code of the collected facts has its class."""

from datetime import timedelta

import pytest

from platforms import errors
from platforms.errors import FateUnknown, NotTaken, Refused
from platforms.wechat.errcodes import ERRCODES, errcode_of, error_of, token_error_of

CLASSES = {
    "NotTaken": {-1, 40001, 40014, 42001, 45009, 45011},
    "AccountMisconfigured": {40002, 40013, 40125, 40164, 48001, 61003, 61004, 61007},
    "CustomerUnreachable": {40003, 43101, 48002, 50002},
    "ContentRefused": {40004, 40005, 40006, 40007, 40008, 40009, 40033, 44004, 45002, 87014},
    "WindowClosed": {45015},
    "QuotaExhausted": {45047},
    "Refused": {40097, 41001, 43002, 44002, 45072, 45080, 45081, 47001},
}


def test_every_code_has_its_class() -> None:
    found = {name: {code for code, entry in ERRCODES.items() if entry.error.__name__ == name} for name in CLASSES}
    assert found == CLASSES
    assert sum(len(codes) for codes in CLASSES.values()) == len(ERRCODES)


def test_an_error_carries_the_platforms_own_words() -> None:
    error = error_of(45015, {"errcode": 45015, "errmsg": "response out of time limit rid: 5f3d"})
    assert isinstance(error, errors.WindowClosed)
    assert (error.platform_code, error.platform_text) == ("45015", "response out of time limit rid: 5f3d")
    assert str(error) == "the reply window is over (45015)"


def test_a_code_nobody_knows_is_a_refusal() -> None:
    error = error_of(99999, {"errmsg": "x" * 1000})
    assert type(error) is Refused
    assert len(error.platform_text) == 300


def test_busy_is_retried_or_unknown_as_the_account_wants() -> None:
    assert isinstance(error_of(-1, {}), NotTaken)
    assert isinstance(error_of(-1, {}, busy_is_not_taken=False), FateUnknown)


def test_the_minute_limit_says_when_to_try_again() -> None:
    assert error_of(45011, {}).retry_after == timedelta(seconds=60)


def test_where_a_token_is_asked_for_40001_is_the_secret() -> None:
    assert isinstance(token_error_of(40001, {}), errors.AccountMisconfigured)
    assert isinstance(token_error_of(40164, {}), errors.AccountMisconfigured)
    assert isinstance(token_error_of(-1, {}), NotTaken)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"errcode": 0}, 0),
        ({"errcode": "45015"}, 45015),
        ({}, None),
        ({"errcode": "x"}, None),
        ({"errcode": True}, None),
    ],
)
def test_codes_are_numbers_or_their_digits(answer: dict[str, object], code: int | None) -> None:
    assert errcode_of(answer) == code
