"""A plain Django: a view that does nothing, and a webhook that does sha1, JSON and one INSERT.

No middleware, no session, a pool of connections: as fast as a Django view under ASGI gets without leaving Django.
"""

from __future__ import annotations

import os
from hashlib import sha1
from json import loads

from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from bench.floor import TOKEN

_INSERT = "INSERT INTO bench_push (key, body) VALUES (%s, %s)"


def _database(url: str) -> dict[str, object]:
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts["dbname"],
        "USER": parts["user"],
        "PASSWORD": parts["password"],
        "HOST": parts["host"],
        "PORT": parts["port"],
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 5}},
    }


if not settings.configured:
    settings.configure(
        SECRET_KEY="bench",  # noqa: S106
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="bench.floor.plain",
        MIDDLEWARE=[],
        DATABASES={"default": _database(os.environ["DATABASE_URL"])},
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )

from django.core.asgi import get_asgi_application  # noqa: E402 - after the settings
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


def empty(_request: HttpRequest) -> HttpResponse:
    """Nothing."""
    return HttpResponse("ok")


def push(request: HttpRequest) -> HttpResponse:
    """Check the signature, read the JSON, store it."""
    query = request.GET
    signed = "".join(sorted((TOKEN, query["timestamp"], query["nonce"])))
    if sha1(signed.encode(), usedforsecurity=False).hexdigest() != query["signature"]:
        return HttpResponse(status=401)
    said = loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [str(said["MsgId"]), request.body.decode()])
    return HttpResponse("success")


urlpatterns = [path("empty/", empty), path("push/", push)]
application = get_asgi_application()
