"""What people fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inbox.models import User


class SettingsForm(forms.ModelForm[User]):
    """What somebody sets for themselves."""

    class Meta:
        model = User
        fields = ("language",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("As everybody here")), *settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=choices, required=False)
