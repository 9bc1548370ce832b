"""The project as an app: what every process of Django needs once the apps are there."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Makes config.celery's the app that tasks and jobs find, in every thread.

    config/__init__.py stays empty: the keepers of the embedded servers live in this package too, and stay small.
    """

    name = "config"

    def ready(self) -> None:
        """Create the Celery app."""
        import config.celery  # noqa: F401
