"""What codes are called on screen: reasons, system lines, entries, platforms. No bare code is ever shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inbox.models import Conversation, Message

REASONS: Mapping[str, Promise] = {
    "window_closed": gettext_lazy("The reply window is over. You can reply once the customer writes again"),
    "quota_exhausted": gettext_lazy("All replies are used up. You can reply once the customer writes again"),
    "content_refused": gettext_lazy("The platform does not allow this content"),
    "customer_unreachable": gettext_lazy("The platform says that this customer cannot be reached"),
    "account_misconfigured": gettext_lazy("The account's credentials or permissions are wrong: tell an administrator"),
    "account_unavailable": gettext_lazy("The account is paused or removed"),
    "platform_unavailable": gettext_lazy("The platform did not take it, after several tries"),
    "refused": gettext_lazy("The platform refused it"),
    "fate_unknown": gettext_lazy("The platform did not answer: the customer may or may not have it"),
    "not_sent": gettext_lazy("A colleague confirmed that it was not sent"),
    "failed_later": gettext_lazy("The platform took it, and could not hand it to the customer"),
}
PLATFORMS: Mapping[str, tuple[Promise, Promise]] = {
    "wechat_shop": (gettext_lazy("WeChat shop"), gettext_lazy("S")),
    "channels_dm": (gettext_lazy("Channels messages"), gettext_lazy("C")),
    "mini_program": (gettext_lazy("Mini-program"), gettext_lazy("M")),
    "douyin_shop": (gettext_lazy("Douyin shop"), gettext_lazy("D")),
    "bridge": (gettext_lazy("Bridge"), gettext_lazy("B")),
}
REQUEUED: Mapping[str, Promise] = {
    "silent": gettext_lazy("Left unanswered by %(agent)s: back in the queue"),
    "gone": gettext_lazy("%(agent)s is offline: back in the queue"),
    "transferred": gettext_lazy("%(agent)s handed it to a group"),
}
ENTRIES: Mapping[str, Promise] = {
    "session_from": gettext_lazy("Came from “%(value)s”"),
    "scene": gettext_lazy("Scene %(value)s"),
    "card": gettext_lazy("Came from the card “%(value)s”"),
    "ad": gettext_lazy("Came from the advertisement “%(value)s”"),
}
CONTENTS: Mapping[str, Promise] = {
    "image": gettext_lazy("[Picture]"),
    "voice": gettext_lazy("[Voice]"),
    "video": gettext_lazy("[Video]"),
    "file": gettext_lazy("[File]"),
    "location": gettext_lazy("[Location]"),
    "unknown": gettext_lazy("[A message of a kind OneQueue does not know yet]"),
}


def reason(message: Message) -> str:
    """Why a reply failed, in words."""
    return str(REASONS.get(message.error) or _("The platform did not take it"))


def platform(kind: str) -> str:
    """A platform's name."""
    return str(PLATFORMS[kind][0]) if kind in PLATFORMS else kind


def platform_mark(kind: str) -> str:
    """One character for the corner of a face."""
    return str(PLATFORMS[kind][1]) if kind in PLATFORMS else kind[:1].upper()


def entry(kind: str, value: str) -> str:
    """Where a customer came in; "" if the platform did not say."""
    words = ENTRIES.get(kind)
    return str(words) % {"value": value} if words and value else ""


def content(message: Message) -> str:
    """One line of what was said, for lists."""
    if message.text:
        return message.text
    title = message.content.get("title") or message.content.get("name")
    if title:
        return _("[Card] %(title)s") % {"title": title}
    return str(CONTENTS.get(message.type) or CONTENTS["unknown"])


def last_words(conversation: Conversation) -> str:
    """What a row shows of the last message."""
    message = conversation.last_message
    if message is None:
        return ""
    if message.recalled_at is not None:
        return _("[Taken back by the customer]")
    words = content(message)
    return _("Reply: %(words)s") % {"words": words} if message.is_reply else words


def line(message: Message) -> str:
    """A system line, by its type."""
    write = _LINES.get(message.type)
    by = message.sender.shown_name if message.sender else _("The system")
    return write(by, message.content) if write else message.type


def wait(time: timedelta) -> str:
    """A wait as people say it: "12 s", "2 min 05 s"."""
    seconds = max(0, round(time.total_seconds()))
    if seconds < 60:
        return ngettext("%(seconds)d s", "%(seconds)d s", seconds) % {"seconds": seconds}
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": seconds}
    hours, minutes = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}


def _accepted(by: str, _content: Mapping[str, Any]) -> str:
    return _("%(name)s accepted") % {"name": by}


def _closed(by: str, _content: Mapping[str, Any]) -> str:
    return _("%(name)s closed the conversation") % {"name": by}


def _dismissed(by: str, _content: Mapping[str, Any]) -> str:
    return _("%(name)s marked: no reply needed") % {"name": by}


def _reopened(_by: str, _content: Mapping[str, Any]) -> str:
    return _("The customer wrote again: back in the queue")


def _entered(_by: str, content: Mapping[str, Any]) -> str:
    came = content.get("entry") or {}
    where = entry(came.get("kind", ""), came.get("value", ""))
    return (
        _("The customer opened the chat. %(where)s") % {"where": where} if where else _("The customer opened the chat")
    )


def _transferred(by: str, content: Mapping[str, Any]) -> str:
    return _("%(name)s handed it to %(agent)s") % {"name": by, "agent": content.get("agent", "")}


def _requeued(_by: str, content: Mapping[str, Any]) -> str:
    words = REQUEUED.get(content.get("why", ""), REQUEUED["gone"])
    return str(words) % {"agent": content.get("agent") or _("The agent")}


_LINES = {
    "accepted": _accepted,
    "closed": _closed,
    "dismissed": _dismissed,
    "reopened": _reopened,
    "entered": _entered,
    "transferred": _transferred,
    "requeued": _requeued,
}
