"""Every address of the product; `/hooks/` is answered before Django (config/asgi.py)."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

handler500 = "inbox.api.errors.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("inbox.urls")),
    path("", include("metrics.urls")),
    path("api/v1/", include("config.api_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
