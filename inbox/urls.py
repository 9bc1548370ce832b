"""Addresses of the inbox: its pages, and its API under `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from inbox.views import desk, people

urlpatterns = [
    path("", desk.inbox, name="inbox"),
    path("conversations/<int:pk>/", desk.inbox, name="conversation"),
    path("conversations/<int:pk>/row/", desk.row, name="row"),
    path("conversations/<int:pk>/colleagues/", desk.colleagues, name="colleagues"),
    path("conversations/<int:pk>/messages/", desk.messages, name="messages"),
    path("conversations/live/", desk.rows, name="rows"),
    path("conversations/ended/", desk.ended, name="ended"),
    path("messages/<int:pk>/", desk.message, name="message"),
    path("sign-in/", people.sign_in, name="login"),
    path("sign-out/", people.sign_out, name="logout"),
    path("settings/", people.own_settings, name="settings"),
    path("settings/password/", people.password, name="password"),
    path("first-password/", people.first_password, name="first-password"),
]
