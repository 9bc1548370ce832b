"""Handing replies to the platform: in order, each at most once (architecture.md §5.4).

claim (committed, with a lease) → the bytes leave, outside any transaction → settle. A worker that dies in between
leaves a lease; when it is over the fate is unknown, unless the platform takes an idempotency key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from prometheus_client import Counter

from inbox import realtime
from inbox.models import Account, Customer, Message
from inbox.quota import GrantInForce, grants_in_force, quota_of
from inbox.services.settle import fail, lapse
from platforms import content as said
from platforms.base import Access, Receipt, SendContext
from platforms.deadline import within
from platforms.errors import ContentRefused, SendError
from platforms.limits import GrantKind
from platforms.registry import get_platform

_SENDS = 0x5E4D  # the advisory lock's family

claimed_total = Counter("onequeue_replies_claimed_total", "Attempts to hand a reply to a platform", ["platform"])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, committed before its bytes leave."""

    message: int
    number: int
    key: str
    account: Account
    customer: str
    grant: GrantKind
    grant_context: str


@transaction.atomic
def claim(customer_id: int, *, now: datetime) -> Attempt | None:
    """Take the first reply of the customer's line if it is due and may still leave; None if there is nothing to do."""
    customer = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer_id)
    if _somebody_sends(customer, now=now):
        return None
    message = _first_in_line(customer)
    while message is not None and message.next_attempt_at is not None and message.next_attempt_at <= now:
        account = message.account
        grant = _may_leave(message, customer, account, now=now)
        if grant is not None:
            return _start(message, grant, account, customer, now=now) if _has_room(account) else None
        message = _first_in_line(customer)
    return None


def _somebody_sends(customer: Customer, *, now: datetime) -> bool:
    """A reply to this customer is under way; one whose lease is over is given up first."""
    sending = Message.objects.filter(customer=customer, state=Message.State.SENDING).first()
    if sending is None:
        return False
    if sending.lease_until is not None and sending.lease_until > now:
        return True
    lapse(sending, now=now)
    return False


def _first_in_line(customer: Customer) -> Message | None:
    line = Message.objects.filter(customer=customer, state=Message.State.QUEUED).order_by("position")
    return line.select_related("account", "conversation").first()


def _may_leave(message: Message, customer: Customer, account: Account, *, now: datetime) -> GrantInForce | None:
    """The grant this reply spends, checked again now; when there is none the reply fails with the reason."""
    if account.state != Account.State.ACTIVE:
        fail(message, "account_unavailable", now=now)
        return None
    found = grants_in_force([customer.pk]).get(customer.pk, [])
    behind = Message.objects.filter(customer=customer, state=Message.State.QUEUED, position__gt=message.position)
    spare = behind.count() if any(grant.used > grant.limit for grant in found) else 0
    covering = [g for g in found if g.is_open(now) and not g.refusal and g.used - spare <= g.limit]
    if covering:
        return min(covering, key=lambda grant: grant.kind != GrantKind.MESSAGE)
    fail(message, "quota_exhausted" if quota_of(found, now=now).is_open else "window_closed", now=now)
    return None


def _has_room(account: Account) -> bool:
    """Fewer than the allowed sends of this account are under way; claims of one account take turns to count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_SENDS, account.pk])
    return Message.objects.filter(account=account, state=Message.State.SENDING).count() < settings.SENDS_PER_ACCOUNT


def _start(message: Message, grant: GrantInForce, account: Account, customer: Customer, *, now: datetime) -> Attempt:
    message.state = Message.State.SENDING
    message.grant_id = grant.id
    message.attempt += 1
    message.attempt_started_at, message.attempt_ended_at = now, None
    message.lease_until = now + settings.SEND_LEASE
    message.save(update_fields=["state", "grant", "attempt", "attempt_started_at", "attempt_ended_at", "lease_until"])
    claimed_total.labels(account.platform).inc()
    realtime.publish(realtime.MessageChanged(message.pk))
    return Attempt(
        message=message.pk,
        number=message.attempt,
        key=str(message.attempt_key),
        account=account,
        customer=customer.external_id,
        grant=GrantKind(grant.kind),
        grant_context=grant.context,
    )


def hand_over(attempt: Attempt, *, access: Access) -> Receipt | SendError:
    """Let the bytes leave; the platform's answer, or what went wrong, as a value. Outside any transaction."""
    context = SendContext(
        access=access,
        to=attempt.customer,
        grant=attempt.grant,
        grant_context=attempt.grant_context,
        attempt_key=attempt.key,
    )
    try:
        content = _content(attempt.message)
    except (OSError, ValueError, TypeError) as error:
        return ContentRefused(f"it cannot be read any more: {type(error).__name__}")
    try:
        with within(settings.SEND_DEADLINE):
            return get_platform(attempt.account.platform).send(content, context=context)
    except SendError as error:
        return error


def _content(message_id: int) -> said.Content:
    message = Message.objects.select_related("media").get(pk=message_id)
    content = said.from_json(message.content)
    media = message.media
    if media is None or not isinstance(content, said.Image):
        return content
    with media.file.open("rb") as stored:
        return said.Image(file=said.MediaFile(name=media.name, mime=media.mime, body=stored.read()))


def next_waiting(account: Account, *, now: datetime) -> int | None:
    """A customer of the account whose reply is due and to whom nothing is being sent: room came free for it."""
    sending = Message.objects.filter(account=account, state=Message.State.SENDING).values("customer_id")
    waiting = _due_heads(now).filter(account=account).exclude(customer_id__in=sending)
    return waiting.order_by("position").values_list("customer_id", flat=True).first()


def left_behind(*, now: datetime, limit: int = 200) -> list[int]:
    """Customers with a reply that is due, or under way past its lease: what a lost job or a dead worker left."""
    lapsed = Message.objects.filter(state=Message.State.SENDING, lease_until__lte=now).order_by("lease_until")
    due = _due_heads(now).order_by("position")
    found = [*lapsed.values_list("customer_id", flat=True)[:limit], *due.values_list("customer_id", flat=True)[:limit]]
    return list(dict.fromkeys(found))[:limit]


def _due_heads(now: datetime) -> QuerySet[Message]:
    """Replies that are due and stand first in their line."""
    before = Message.objects.filter(
        customer=OuterRef("customer"), state=Message.State.QUEUED, position__lt=OuterRef("position")
    )
    return Message.objects.filter(~Exists(before), state=Message.State.QUEUED, next_attempt_at__lte=now)
