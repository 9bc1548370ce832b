"""What is stored; one module an idea."""

from inbox.models.account import Account, Membership
from inbox.models.audit import AuditEntry
from inbox.models.conversation import Assignment, Conversation, ConversationTag
from inbox.models.customer import Customer
from inbox.models.grant import Grant
from inbox.models.journal import Hook, SeenEvent
from inbox.models.liveness import Liveness
from inbox.models.media import Media
from inbox.models.message import Message
from inbox.models.pull import PullCursor
from inbox.models.round import Round, RoundChange
from inbox.models.user import ApiToken, User

__all__ = [
    "Account",
    "ApiToken",
    "Assignment",
    "AuditEntry",
    "Conversation",
    "ConversationTag",
    "Customer",
    "Grant",
    "Hook",
    "Liveness",
    "Media",
    "Membership",
    "Message",
    "PullCursor",
    "Round",
    "RoundChange",
    "SeenEvent",
    "User",
]
