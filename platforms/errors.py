"""What can go wrong between a platform and us; a class says who is wrong and what to do.

PlatformError
├── HookError              a request to our webhook is refused; `status` is the HTTP answer
│   ├── SignatureError     401: it does not prove who sent it
│   └── EnvelopeError      400: it cannot be opened
├── PayloadError           opened, but not understood: acknowledged, kept as a dead letter
├── MediaError             a picture or file cannot be fetched
│   └── MediaUnavailable   ... and never will be (expired, refused, not allowed)
└── SendError              a message did not (certainly) reach the customer
    ├── NotTaken           certainly not taken; tried again without asking
    ├── FateUnknown        bytes left, no readable answer: only a human may decide to repeat it
    └── Refused            the platform said no, for good
        ├── WindowClosed       the reply window is over
        ├── QuotaExhausted     no replies left until the customer writes again
        ├── ContentRefused     this content, never
        ├── CustomerUnreachable  this customer, never
        └── AccountMisconfigured credentials, permissions or address list: an administrator's work
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class PlatformError(Exception):
    """The root of everything this package raises on purpose."""


class HookError(PlatformError):
    """A request to our webhook is refused with `status`, and nothing is kept."""

    status: ClassVar[int]


class SignatureError(HookError):
    """The request does not prove that the platform sent it."""

    status = 401


class EnvelopeError(HookError):
    """The signature is right or not needed, but the body cannot be opened."""

    status = 400


class PayloadError(PlatformError):
    """An opened body that is not understood; the text says what was looked for and not found."""


class MediaError(PlatformError):
    """A picture or file could not be fetched this time."""


class MediaUnavailable(MediaError):
    """It cannot be fetched at all: expired, refused, too large, or from a host that is not allowed."""


class SendError(PlatformError):
    """The platform did not certainly take a message.

    `code` is a stable word of ours for the screen; `platform_code`, `platform_text` are the platform's own.
    """

    permanent: ClassVar[bool] = False
    code: ClassVar[str] = "send_failed"

    def __init__(
        self,
        message: str,
        *,
        platform_code: str = "",
        platform_text: str = "",
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.platform_code = platform_code
        self.platform_text = platform_text
        self.retry_after = retry_after


class NotTaken(SendError):
    """Certainly not taken (no connection was made, busy, rate limit, token); retried after `retry_after`."""

    code = "platform_unavailable"


class FateUnknown(SendError):
    """The bytes left and no readable answer came back: the customer may or may not have it."""

    code = "fate_unknown"


class Refused(SendError):
    """The platform took a decision, and it is no."""

    permanent = True
    code = "refused"


class WindowClosed(Refused):
    """The reply window is over; only the customer can open it again."""

    code = "window_closed"


class QuotaExhausted(Refused):
    """No replies are left until the customer writes again."""

    code = "quota_exhausted"


class ContentRefused(Refused):
    """This content will not be taken, now or later."""

    code = "content_refused"


class CustomerUnreachable(Refused):
    """This customer cannot be reached: blocked us, left, or is not of this account."""

    code = "customer_unreachable"


class AccountMisconfigured(Refused):
    """The account's credentials, permissions or address list are wrong: an administrator's work."""

    code = "account_misconfigured"
