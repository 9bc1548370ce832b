"""Lock order, everywhere: customer, then conversation, then agents by primary key (architecture.md §5.1).

Receive, reply, settle, close, transfer and requeue of one customer are serialised by the customer's row.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from inbox.models import Account, Conversation, Customer


def lock_customer(account: Account, external_id: str, *, now: datetime) -> Customer:
    """The customer's row, made if it is their first time, locked until the transaction ends."""
    rows = Customer.objects.select_for_update(of=("self",), no_key=True)
    known = rows.filter(account=account, external_id=external_id).first()
    if known is not None:
        return known
    newcomer = Customer(account=account, external_id=external_id, created_at=now)
    Customer.objects.bulk_create([newcomer], ignore_conflicts=True)
    return rows.get(account=account, external_id=external_id)


def lock_customer_of(conversation: int) -> Customer:
    """The customer's row of a conversation, locked. Conversation.DoesNotExist."""
    customer = Conversation.objects.values_list("customer_id", flat=True).get(pk=conversation)
    return Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer)


def lock_conversation(conversation: int) -> Conversation:
    """The conversation's row, its customer's row locked before it; account and assignee come with it."""
    lock_customer_of(conversation)
    return lock_row(conversation)


def lock_row(conversation: int) -> Conversation:
    """Only the conversation's row; the caller holds the customer's."""
    return _rows().get(pk=conversation)


def lock_live(customer: Customer) -> Conversation | None:
    """The row of the customer's conversation that is not closed, if there is one; the caller holds the customer's."""
    return _rows().exclude(status=Conversation.Status.CLOSED).filter(customer=customer).first()


def _rows() -> QuerySet[Conversation]:
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("account", "customer", "assignee")
