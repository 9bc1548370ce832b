"""The back office: tables that are rarely looked at. Nothing is edited; what can be done goes through a service."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline

from inbox.models import Account, AuditEntry, Hook, Membership, User
from inbox.services import accounts
from inbox.services.ingest import replay

SHOWN_CHARACTERS = 4000

admin.site.site_header = admin.site.site_title = gettext_lazy("OneQueue")
admin.site.unregister(Group)  # permissions are roles and memberships


class ReadOnly:
    """May be looked at."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


class Members(ReadOnly, TabularInline):  # type: ignore[misc]
    """Who works on an account."""

    model = Membership
    fields = ("user", "may_reply", "may_orders", "may_aftersale")
    extra = 0


class Memberships(Members):
    """Where a person works."""

    fields = ("account", "may_reply", "may_orders", "may_aftersale")


@admin.register(Account)
class AccountAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """Connected accounts, without their secrets."""

    list_display = ("name", "key", "platform", "state", "road", "routing_mode", "service_hours", "target_seconds")
    list_filter = ("platform", "state")
    search_fields = ("name", "key")
    exclude = ("members",)
    inlines = (Members,)
    actions = ("pause", "resume")

    @admin.action(description=gettext_lazy("Pause: nothing is sent, pushes are kept"))
    def pause(self, request: HttpRequest, chosen: QuerySet[Account]) -> None:
        """Of each."""
        for account in chosen:
            accounts.pause(account.key, by=_person(request), now=timezone.now())

    @admin.action(description=gettext_lazy("Resume, with what was kept"))
    def resume(self, request: HttpRequest, chosen: QuerySet[Account]) -> None:
        """Of each."""
        for account in chosen:
            accounts.resume(account.key, by=_person(request), now=timezone.now())


@admin.register(User)
class UserAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """People."""

    list_display = ("username", "real_name", "role", "is_active", "phone", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "real_name")
    fields = ("username", "real_name", "role", "phone", "language", "is_active", "must_change_password", "last_login")
    inlines = (Memberships,)


@admin.register(Hook)
class HookAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """Pushes as they came; what was not understood says why and can be processed again."""

    list_display = ("id", "account", "received_at", "state", "reason", "attempts")
    list_filter = ("state", "account")
    list_select_related = ("account",)
    show_full_result_count = False
    fields = ("account", "received_at", "state", "reason", "attempts", "processed_at", "path", "query", "plain_body")
    readonly_fields = ("plain_body",)
    actions = ("process_again",)

    @admin.display(description=gettext_lazy("Body"))
    def plain_body(self, hook: Hook) -> str:
        """What the platform said, opened."""
        return bytes(hook.opened).decode(errors="replace")[:SHOWN_CHARACTERS]

    @admin.action(description=gettext_lazy("Process again"))
    def process_again(self, request: HttpRequest, chosen: QuerySet[Hook]) -> None:
        """What was stored is not stored again."""
        for hook in chosen:
            replay(hook, by=_person(request), now=timezone.now())
        count = len(chosen)
        said = ngettext("%(count)d push is being processed.", "%(count)d pushes are being processed.", count)
        messages.success(request, said % {"count": count})


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """What was done, by whom, newest first."""

    list_display = ("at", "who", "action", "account", "conversation", "details")
    list_filter: ClassVar[Any] = ("action",)
    list_select_related = ("actor", "account", "conversation")
    show_full_result_count = False
    ordering = ("-at",)

    @admin.display(description=gettext_lazy("Who"))
    def who(self, entry: AuditEntry) -> str:
        """A person, or the system."""
        return entry.actor.shown_name if entry.actor else _("The system")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the back office is for people who are signed in
    return request.user
