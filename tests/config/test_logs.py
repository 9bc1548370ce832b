"""What the log says of errors: where and what, never what stands in a row."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
import structlog
from django.db import IntegrityError, transaction

from inbox.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def line() -> Any:
    """Log through the product's formatter, and read the line."""
    formatter = next(
        each.formatter
        for each in logging.getLogger().handlers
        if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)
    )
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)

    def log(name: str, text: str, *values: Any, error: BaseException) -> Any:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        try:
            logger.error(text, *values, exc_info=error)
        finally:
            logger.removeHandler(handler)
        return out.getvalue()

    return log


def a_clash() -> IntegrityError:
    name = "-".join(("zhang", "san"))  # a traceback shows our own lines
    User.objects.create(username=name)
    with pytest.raises(IntegrityError) as found, transaction.atomic():
        User.objects.create(username=name)
    return found.value


def test_a_database_error_is_logged_without_what_stands_in_the_row(line: Any) -> None:
    error = a_clash()
    assert "zhang-san" in str(error)
    said = line("celery.app.trace", "Task raised unexpected: %r", error, error=error)
    assert "zhang-san" not in said
    assert "duplicate key value violates unique constraint" in said
    assert "[inbox_user_username_key]" in said
    assert "psycopg.errors.UniqueViolation" in said
    assert "test_logs.py" in said


def test_what_led_to_an_error_is_looked_through_too(line: Any) -> None:
    try:
        try:
            raise a_clash()
        except IntegrityError as error:
            raise ValueError("taken") from error
    except ValueError as error:
        said = line("inbox", "it failed", error=error)
    assert "zhang-san" not in said
    assert "ValueError: taken" in said


def test_an_error_of_a_request_is_logged_by_its_class_only(line: Any) -> None:
    said = line("django.request", "Internal Server Error: %s", "/api/v1/me/", error=RuntimeError("张三 13800000000"))
    assert "13800000000" not in said
    assert "builtins.RuntimeError" in said
