"""The shapes of answers, for the schema: what `inbox.shapes` and the views write."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
    Serializer,
)

from inbox.models import Account, Conversation, Hook, Message, User


class AccountRef(Serializer[Any]):
    """An account, named."""

    key = CharField()
    platform = CharField()
    name = CharField()


class CustomerRef(Serializer[Any]):
    """A customer as the platform knows them."""

    external_id = CharField()
    name = CharField(allow_blank=True)


class PersonRef(Serializer[Any]):
    """A colleague."""

    username = CharField()


class QuotaAnswer(Serializer[Any]):
    """How many replies the platform still takes, and until when."""

    left = IntegerField()
    limit = IntegerField()
    expires_at = DateTimeField(allow_null=True)


class MessageAnswer(Serializer[Any]):
    """One thing said. `error` is a code; `content` has the fields of its `type`, a file as `media{id, url, …}`."""

    id = IntegerField()
    author = ChoiceField(choices=Message.Author.choices)
    type = CharField()
    text = CharField(allow_blank=True)
    content = DictField()
    state = ChoiceField(choices=Message.State.choices)
    error = CharField(allow_null=True)
    sent_at = DateTimeField(allow_null=True)
    received_at = DateTimeField()
    external_id = CharField(allow_blank=True)
    client_id = CharField(allow_blank=True)


class ConversationAnswer(Serializer[Any]):
    """A conversation. `waiting_since` is null when nobody waits; `revision` grows with every change."""

    id = IntegerField()
    status = ChoiceField(choices=Conversation.Status.choices)
    account = AccountRef()
    customer = CustomerRef()
    assignee = PersonRef(allow_null=True)
    waiting_since = DateTimeField(allow_null=True)
    due_at = DateTimeField(allow_null=True)
    quota = QuotaAnswer()
    unread = IntegerField()
    revision = IntegerField()
    last_message = MessageAnswer(allow_null=True)


class TagsAnswer(Serializer[Any]):
    """A conversation's tags, in alphabetical order."""

    tags = ListField(child=CharField())


class AccountAnswer(Serializer[Any]):
    """An account with its settings; secrets are never shown."""

    key = CharField()
    platform = CharField()
    name = CharField()
    state = ChoiceField(choices=Account.State.choices)
    road = ChoiceField(choices=Account.Road.choices)
    routing_mode = CharField()
    queue_order = CharField()
    service_hours = CharField()
    target_seconds = IntegerField()
    max_agents = IntegerField(allow_null=True)
    api_base = CharField(allow_blank=True)
    options = DictField()
    hook_url = CharField()
    created_at = DateTimeField()


class HealthAnswer(Serializer[Any]):
    """Whether an account's messages come and go. `replies` are those among the latest 20,000 messages, by state."""

    state = ChoiceField(choices=Account.State.choices)
    last_hook_at = DateTimeField(allow_null=True)
    last_reply_at = DateTimeField(allow_null=True)
    hooks = DictField(child=IntegerField())
    replies = DictField(child=IntegerField())


class HookAnswer(Serializer[Any]):
    """A push in the journal. `opened` is the beginning of its plain body."""

    id = IntegerField()
    received_at = DateTimeField()
    state = ChoiceField(choices=Hook.State.choices)
    reason = CharField(allow_blank=True)
    attempts = IntegerField()
    processed_at = DateTimeField(allow_null=True)
    path = CharField(allow_blank=True)
    query = JSONField()
    opened = CharField(allow_blank=True)
    size_bytes = IntegerField()


class GrantedAccount(AccountRef):
    """An account one works on, and what one may do there."""

    reply = BooleanField()
    orders = BooleanField()
    aftersale = BooleanField()


class MeAnswer(Serializer[Any]):
    """Who is asking."""

    id = IntegerField()
    username = CharField()
    name = CharField()
    role = ChoiceField(choices=User.Role.choices)
    language = CharField()
    accounts = GrantedAccount(many=True)


def page_of(row: type[Serializer[Any]]) -> type[Serializer[Any]]:
    """A page of a list of `row`s."""
    fields = {
        "results": row(many=True),
        "next": serializers.URLField(allow_null=True, help_text="A full URL."),
        "previous": serializers.URLField(allow_null=True),
        "__doc__": "A page of a list.",
    }
    return type(row.__name__.replace("Answer", "Page"), (Serializer,), fields)
