"""What may be refused, as data: `code` for programs, `status` for HTTP, a sentence for people.

InboxError
├── AlreadyTaken 409      somebody else was first; `by`
├── Reserved 409          for a few seconds only `by` may accept
├── AtCapacity 409        the agent has enough to do
├── NotOnline 409         the agent is away, offline or not connected
├── NotYours 403          only the owner may do this; `by`
├── NotAllowed 403        the person's role or grant does not reach
├── ConversationClosed 409
├── WindowClosed 409      the platform takes no reply any more; `reopens`
├── QuotaExhausted 409    no replies left; `reopens`
├── ContentRefused 422    this content cannot be sent; `where`, `why`
├── AccountUnavailable 409 the account is paused or removed; `reopens`
├── WrongState 409        the message is not in a state for this; `state`
└── Invalid 422           a value that makes no sense; `where`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class InboxError(Exception):
    """Refused; nothing was changed. `data` is answered beside `code` and `detail`."""

    code: ClassVar[str]
    status: ClassVar[int] = 409
    detail: ClassVar[str | Promise]

    def __init__(self, detail: str | Promise | None = None, **data: Any) -> None:
        super().__init__(str(detail or self.detail))
        self.text = detail or self.detail
        self.data = data

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"code": self.code, "detail": str(self.text), **self.data}


class AlreadyTaken(InboxError):
    code = "already_taken"
    detail = _("Already taken by a colleague.")


class Reserved(InboxError):
    code = "reserved"
    detail = _("For a few seconds this customer waits for the agent they had before.")


class AtCapacity(InboxError):
    code = "at_capacity"
    detail = _("You are at your capacity. Answer or close a conversation first.")


class NotOnline(InboxError):
    code = "not_online"
    detail = _("Go online first.")


class NotYours(InboxError):
    code = "not_yours"
    status = 403
    detail = _("This conversation belongs to somebody else.")


class NotAllowed(InboxError):
    code = "not_allowed"
    status = 403
    detail = _("You may not do this.")


class ConversationClosed(InboxError):
    code = "conversation_closed"
    detail = _("This conversation is closed.")


class WindowClosed(InboxError):
    code = "window_closed"
    detail = _("The platform takes no more replies here until the customer writes again.")


class QuotaExhausted(InboxError):
    code = "quota_exhausted"
    detail = _("All replies are used up. You can reply once the customer writes again.")


WHY_REFUSED: Mapping[str, Promise] = {
    "empty": _("There is nothing in it."),
    "too_long": _("This text is too long: at most %(limit)d characters fit in one message."),
    "characters": _("This text has characters that cannot be sent."),
    "unsupported": _("This platform takes no messages of this type."),
    "not_an_image": _("This file is no picture that can be sent."),
    "too_large": _("This picture is too large."),
    "image_type": _("The platform takes no pictures of this type."),
    "image_size": _("This picture is larger than the platform takes."),
}


class ContentRefused(InboxError):
    """`why` is a word of ours or the platform's; where it is known, `detail` says it in a sentence."""

    code = "content_refused"
    status = 422
    detail = _("The platform would not take this.")

    def __init__(self, *, where: str, why: str, **data: Any) -> None:
        known = WHY_REFUSED.get(why)
        super().__init__(str(known) % data if known else None, where=where, why=why, **data)


class AccountUnavailable(InboxError):
    code = "account_unavailable"
    detail = _("This account is paused or removed: nothing is sent.")


class WrongState(InboxError):
    code = "wrong_state"
    detail = _("This message is not in a state that allows it.")


class Invalid(InboxError):
    code = "invalid"
    status = 422
    detail = _("This value cannot be used.")
