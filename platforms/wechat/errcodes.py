"""What WeChat's error codes mean for a message, as data.

Wording: WxJava's WxMaErrorMsgEnum, WxMpErrorMsgEnum and WxOpenErrorMsgEnum, which quote the official pages;
0 and -1: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_sendcustommessage.md
What follows from a code is our reading, apart from the codes the pages tell to retry (-1, 45011).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from platforms.errors import (
    AccountMisconfigured,
    ContentRefused,
    CustomerUnreachable,
    FateUnknown,
    NotTaken,
    QuotaExhausted,
    Refused,
    SendError,
    WindowClosed,
)

OK = 0
BUSY = -1
STALE_TOKEN = frozenset({40001, 40014, 42001})
INVALID_MEDIA_ID = 40007
TYPING_NOT_NOW = frozenset({45080, 45081})
TEXT_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Errcode:
    """What a code becomes, what it means, and when to try again where that is known."""

    error: type[SendError]
    meaning: str
    retry_after: timedelta | None = None


ERRCODES: Mapping[int, Errcode] = {
    -1: Errcode(NotTaken, "the platform is busy", timedelta(seconds=2)),
    40001: Errcode(NotTaken, "the access token is not the latest, or the app secret is wrong"),
    40002: Errcode(AccountMisconfigured, "invalid grant type"),
    40003: Errcode(CustomerUnreachable, "the customer's id is wrong or of another app"),
    40004: Errcode(ContentRefused, "invalid media type"),
    40005: Errcode(ContentRefused, "invalid file type"),
    40006: Errcode(ContentRefused, "invalid file size"),
    40007: Errcode(ContentRefused, "the media id is invalid or expired"),
    40008: Errcode(ContentRefused, "invalid message type"),
    40009: Errcode(ContentRefused, "invalid image size"),
    40013: Errcode(AccountMisconfigured, "invalid app id"),
    40014: Errcode(NotTaken, "invalid access token"),
    40033: Errcode(ContentRefused, "invalid characters (\\uxxxx)"),
    40097: Errcode(Refused, "invalid arguments"),
    40125: Errcode(AccountMisconfigured, "invalid app secret"),
    40164: Errcode(AccountMisconfigured, "our address is not on the account's IP list"),
    41001: Errcode(Refused, "the access token is missing"),
    42001: Errcode(NotTaken, "the access token has expired"),
    43002: Errcode(Refused, "the call must be a POST"),
    43101: Errcode(CustomerUnreachable, "the customer refuses the message"),
    44002: Errcode(Refused, "the call is empty"),
    44004: Errcode(ContentRefused, "the text is empty"),
    45002: Errcode(ContentRefused, "the text is too long"),
    45009: Errcode(NotTaken, "the account's call quota is used up", timedelta(seconds=60)),
    45011: Errcode(NotTaken, "the account's calls of this minute are used up", timedelta(seconds=60)),
    45015: Errcode(WindowClosed, "the reply window is over"),
    45047: Errcode(QuotaExhausted, "no replies are left until the customer writes again"),
    45072: Errcode(Refused, "there is no such typing command"),
    45080: Errcode(Refused, "typing needs a message of the last 30 seconds"),
    45081: Errcode(Refused, "typing is shown already"),
    47001: Errcode(Refused, "the call cannot be parsed"),
    48001: Errcode(AccountMisconfigured, "the account has no permission for this call"),
    48002: Errcode(CustomerUnreachable, "the customer has blocked messages"),
    50002: Errcode(CustomerUnreachable, "the customer is frozen or gone"),
    61003: Errcode(AccountMisconfigured, "the component is not authorised"),
    61004: Errcode(AccountMisconfigured, "our address is not on the component's IP list"),
    61007: Errcode(AccountMisconfigured, "the component is not authorised for this call"),
    87014: Errcode(ContentRefused, "the platform finds the content risky"),
}

# Where a token is asked for, 40001 speaks of the app secret; 41002 is the community's "appid missing".
TOKEN_ERRCODES: Mapping[int, Errcode] = {
    40001: Errcode(AccountMisconfigured, "invalid app secret"),
    41002: Errcode(AccountMisconfigured, "the app id is missing"),
}

UNKNOWN = Errcode(Refused, "the platform refused it")


def errcode_of(answer: Mapping[str, Any]) -> int | None:
    """The answer's `errcode`, a number or its digits; None if there is none."""
    code = answer.get("errcode")
    if isinstance(code, bool) or not isinstance(code, int | str):
        return None
    try:
        return int(code)
    except ValueError:
        return None


def error_of(code: int, answer: Mapping[str, Any], *, busy_is_not_taken: bool = True) -> SendError:
    """The error that `code` stands for, with the platform's own text."""
    return _raised(ERRCODES.get(code, UNKNOWN), code, answer, busy_is_not_taken=busy_is_not_taken)


def token_error_of(code: int, answer: Mapping[str, Any]) -> SendError:
    """The same for a call that asks for a token."""
    return _raised(TOKEN_ERRCODES.get(code) or ERRCODES.get(code, UNKNOWN), code, answer)


def _raised(entry: Errcode, code: int, answer: Mapping[str, Any], *, busy_is_not_taken: bool = True) -> SendError:
    busy_is_unknown = code == BUSY and not busy_is_not_taken
    error = FateUnknown if busy_is_unknown else entry.error
    return error(
        f"{entry.meaning} ({code})",
        platform_code=str(code),
        platform_text=str(answer.get("errmsg", ""))[:TEXT_LIMIT],
        retry_after=None if busy_is_unknown else entry.retry_after,
    )
