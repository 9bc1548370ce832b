"""The inbox app."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """Settings of the app."""

    name = "inbox"
    default_auto_field = "django.db.models.BigAutoField"
