"""The routing app."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Settings of the app."""

    name = "routing"
    default_auto_field = "django.db.models.BigAutoField"
