"""Signing in, one's own password and settings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from inbox import realtime
from inbox.forms import SettingsForm
from inbox.middleware import person
from inbox.models import User
from inbox.services.passwords import set_password
from inbox.views.viewer import viewer

sign_in = LoginView.as_view(template_name="inbox/sign_in.html", redirect_authenticated_user=True)


class SignOut(LogoutView):
    """Pages of theirs that are still open close their sockets; those of other sessions come back by themselves."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Done, and said."""
        user = person(request)
        answer = super().post(request, *args, **kwargs)
        if user is not None:
            realtime.publish(realtime.AccessChanged(user.pk))
        return answer


sign_out = SignOut.as_view()


@login_required
def own_settings(request: HttpRequest) -> HttpResponse:
    """What somebody sets for themselves."""
    user = viewer(request)
    form = SettingsForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        user.save(update_fields=["language"])
        with translation.override(user.language or None):
            messages.success(request, _("Saved."))
        return redirect("settings")
    return render(request, "inbox/settings.html", {"form": form})


@sensitive_post_parameters()
@login_required
def first_password(request: HttpRequest) -> HttpResponse:
    """Whoever was given a password sets their own."""
    user = viewer(request)
    if not user.must_change_password:
        return redirect("password")
    return _set_password(request, SetPasswordForm(user, request.POST or None), first=True)


@sensitive_post_parameters()
@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Another password, for whoever knows the one of now."""
    return _set_password(request, PasswordChangeForm(viewer(request), request.POST or None), first=False)


def _set_password(request: HttpRequest, form: SetPasswordForm[User], *, first: bool) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        user = viewer(request)
        set_password(user, form.cleaned_data["new_password1"], by=user, now=timezone.now())
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. Other devices have to sign in again."))
        return redirect("inbox" if first else "settings")
    return render(request, "inbox/password.html", {"form": form, "first": first})
