"""Telling the customer that somebody is typing: a courtesy, never worth an error."""

from __future__ import annotations

import structlog

from inbox.models import Account, Conversation
from platforms.base import Access, Feature
from platforms.errors import SendError
from platforms.registry import get_platform

log = structlog.get_logger(__name__)


def can_type(account: Account) -> bool:
    """The platform shows it."""
    return Feature.TYPING in get_platform(account.platform).features


def show_typing(conversation: Conversation, *, on: bool, access: Access) -> None:
    """Show or hide it; what the platform refuses is only noted."""
    if not can_type(conversation.account) or conversation.account.state != Account.State.ACTIVE:
        return
    try:
        get_platform(conversation.account.platform).typing(conversation.customer.external_id, on=on, access=access)
    except SendError as error:
        log.info("typing.refused", conversation=conversation.pk, code=error.platform_code)
