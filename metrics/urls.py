"""Addresses of the dashboard."""

from __future__ import annotations

from django.urls import path

from metrics import views

urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/now/", views.now, name="dashboard-now"),
    path("dashboard/rounds/", views.rounds, name="dashboard-rounds"),
    path("dashboard/definitions/", views.definitions, name="dashboard-definitions"),
]
