"""What may be read, and by whom: `visible_to` and `memberships_of` are the only doors for pages, API and sockets."""

from __future__ import annotations

from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery

from inbox.models import Account, Conversation, Media, Message, Round, User

Status = Conversation.Status


def accounts_of(user: User) -> QuerySet[Account]:
    """Accounts whose work this person may see: all for administrators, else where they are a member."""
    rows = Account.objects.exclude(state=Account.State.REMOVED)
    return rows if user.administrates else rows.filter(memberships__user=user)


def within_reach(user: User) -> QuerySet[Conversation]:
    """Conversations of their accounts, whoever has them: to be told who won, never to be read."""
    return Conversation.objects.filter(account__in=accounts_of(user))


def visible_to(user: User) -> QuerySet[Conversation]:
    """Conversations this person may read.

    Supervisors: all of their accounts. Agents: the queue, their own, those they had, and the history of customers whose
    live conversation they may read.
    """
    rows = within_reach(user)
    if user.supervises:
        return rows
    mine = Conversation.objects.filter(_live_for(user), account__in=accounts_of(user))
    had = Q(assignments__agent=user) & Q(status=Status.CLOSED)
    history = Q(status=Status.CLOSED, customer__in=mine.values("customer_id"))
    ids = rows.filter(_live_for(user) | had | history).values("pk")
    return Conversation.objects.filter(pk__in=ids)


def _live_for(user: User) -> Q:
    free_for_all = Q(status=Status.QUEUED) & (Q(group=None) | Q(group__members=user))
    return free_for_all | Q(status=Status.ASSIGNED, assignee=user)


def queue_for(user: User) -> QuerySet[Conversation]:
    """What this person sees waiting, most urgent first."""
    rows = Conversation.objects.filter(status=Status.QUEUED, account__in=accounts_of(user))
    if not user.supervises:
        rows = rows.filter(Q(group=None) | Q(group__in=user.service_groups.all()))
    return rows.order_by("urgent_at", "id")


def desk_of(user: User) -> QuerySet[Conversation]:
    """What this person owns, most urgent first."""
    rows = Conversation.objects.filter(status=Status.ASSIGNED, assignee=user, account__in=accounts_of(user))
    return rows.order_by("urgent_at", "id")


def colleagues_of(user: User) -> QuerySet[Conversation]:
    """What others own, for supervisors; nothing for agents."""
    rows = Conversation.objects.filter(status=Status.ASSIGNED, account__in=accounts_of(user)).exclude(assignee=user)
    return rows.order_by("urgent_at", "id") if user.supervises else rows.none()


def ended_for(user: User) -> QuerySet[Conversation]:
    """Closed conversations this person may read, newest first."""
    rows = Conversation.objects.filter(status=Status.CLOSED, account__in=accounts_of(user))
    if not user.supervises:
        rows = rows.filter(last_assignee=user)
    return rows.order_by("-closed_at", "-id")


def live_for(user: User) -> QuerySet[Conversation]:
    """Queue and desk together (and colleagues' for supervisors), most urgent first."""
    rows = Conversation.objects.filter(account__in=accounts_of(user)).exclude(status=Status.CLOSED)
    if not user.supervises:
        in_queue = Q(status=Status.QUEUED) & (Q(group=None) | Q(group__in=user.service_groups.all()))
        rows = rows.filter(in_queue | Q(assignee=user))
    return rows.order_by("urgent_at", "id")


def with_row(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Everything a row shows, in one query."""
    return conversations.select_related("account", "customer", "assignee", "last_message__media")


def history(conversation: Conversation) -> QuerySet[Message]:
    """Its messages, newest first."""
    return with_answers(conversation.messages.all()).order_by("-id")


def with_answers(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Everything a message shows, in one query; `round_wait` is how long the round took that it ended, or null."""
    wait = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())
    ended = Round.objects.filter(reply=OuterRef("pk")).values(wait=wait)[:1]
    return messages.select_related("sender", "media", "account").annotate(round_wait=Subquery(ended))


def media_visible_to(user: User) -> QuerySet[Media]:
    """Files of conversations this person may read."""
    return Media.objects.filter(conversation__in=visible_to(user))


def sibling(account: Account, address: str) -> Account | None:
    """The account of the same app of the platform that an event is addressed to."""
    rows = Account.objects.filter(platform=account.platform, app_id=account.app_id, address=address)
    return rows.exclude(state=Account.State.REMOVED).exclude(app_id="").first()
