"""What calls take: bodies and parameters, checked before anything else is done."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.serializers import BooleanField, CharField, ChoiceField, DictField, Field, ListField, Serializer

from inbox.api.cursor import PageParams
from inbox.errors import ContentRefused
from inbox.models import Conversation, Hook
from inbox.services.account_settings import NAME_CHARACTERS
from platforms.registry import PLATFORMS

TEXT_CHARACTERS = 4000
SENT_TYPES = ("text", "image")
M = TypeVar("M", bound=models.Model)


class Words(CharField):
    """Text exactly as written, and not nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=TEXT_CHARACTERS, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Also whitespace is nothing."""
        if isinstance(data, str) and not data.strip():
            self.fail("blank")
        return super().run_validation(data)


class Speech(CharField):
    """What is said to a customer, exactly as written. ContentRefused (422) for what cannot be; 400 for no string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=TEXT_CHARACTERS, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The text."""
        if not isinstance(data, str):
            return super().run_validation(data if data in (None, serializers.empty) else [])  # numbers are no text
        if any(each == "\x00" or "\ud800" <= each <= "\udfff" for each in data):
            raise ContentRefused(where="text", why="characters")
        if not data.strip():
            raise ContentRefused(where="text", why="empty")
        if len(data) > TEXT_CHARACTERS:
            raise ContentRefused(where="text", why="too_long", limit=TEXT_CHARACTERS)
        return super().run_validation(data)


class Kind(ChoiceField):
    """The type of what is said. ContentRefused (422) for a word that is no type we send."""

    def to_internal_value(self, data: Any) -> Any:
        """The type."""
        if isinstance(data, str) and data and data not in SENT_TYPES:
            raise ContentRefused(where="type", why="unsupported")
        return super().to_internal_value(data)


class TextBody(Serializer[Any]):
    """A text. The same `client_id` again returns the same message."""

    type = Kind(choices=["text"], default="text")
    text = Speech()
    client_id = CharField(max_length=64, allow_blank=True, default="")


class ImageBody(Serializer[Any]):
    """A picture, as a form."""

    type = Kind(choices=["image"], default="image")
    file = serializers.FileField()
    client_id = CharField(max_length=64, allow_blank=True, default="")


class RetryBody(Serializer[Any]):
    """`confirmed`: the customer may get it twice."""

    confirmed = BooleanField(default=False)


class ResolveBody(Serializer[Any]):
    """What became of a reply whose fate is unknown."""

    def get_fields(self) -> dict[str, Field[Any, Any, Any, Any]]:
        """`as` is a word of Python's."""
        return {"as": ChoiceField(choices=["sent", "not_sent"])}


class NoteBody(Serializer[Any]):
    """For colleagues only."""

    text = Words()


class TagsBody(Serializer[Any]):
    """All tags the conversation shall have."""

    tags = ListField(child=CharField(max_length=40), max_length=20)


class TypingBody(Serializer[Any]):
    """Whether somebody is typing."""

    on = BooleanField(default=True)


class ListParams(PageParams):
    """Which conversations; without `status` the live ones."""

    status = ChoiceField(choices=Conversation.Status.choices, required=False)
    account = CharField(max_length=64, required=False, help_text="The account's key.")
    customer = CharField(max_length=128, required=False, help_text="The platform's id of the customer.")
    mine = BooleanField(required=False, help_text="Only those of the asker.")


class HookParams(PageParams):
    """Which pushes."""

    state = ChoiceField(choices=Hook.State.choices, required=False)


class AccountBody(Serializer[Any]):
    """A new account. What `secrets` and `settings` there are depends on the platform."""

    key = serializers.SlugField(max_length=64)
    platform = ChoiceField(choices=list(PLATFORMS))
    name = CharField(max_length=NAME_CHARACTERS)
    secrets = DictField(child=CharField(max_length=2000, allow_blank=True, trim_whitespace=False))
    settings = DictField(child=CharField(max_length=2000, allow_blank=True), default=dict)


def valid(kind: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    """The values; ValidationError (400) with what is wrong by field."""
    if not hasattr(data, "keys"):
        raise serializers.ValidationError({"": [_("An object is expected.")]})
    found = kind(data=data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)
