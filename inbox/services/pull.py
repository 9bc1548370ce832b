"""Reading on at a platform that only knocks: one puller per account; the cursor moves after what it covers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from inbox import jobs
from inbox.models import Account, PullCursor
from inbox.services.ingest import Place, store
from platforms.base import Access, Page
from platforms.registry import get_platform

LEASE = timedelta(seconds=60)


def pull(account: Account, *, access: Access, place: Place, now: datetime) -> bool:
    """Fetch and store what is new; False when somebody else is at it (and will see our knock)."""
    free = Q(pulling_until=None) | Q(pulling_until__lte=now)
    mine = PullCursor.objects.filter(free, account=account)
    if mine.update(pulling_until=now + LEASE, knocked=False) == 0:
        return False
    try:
        _read_on(account, access=access, place=place, now=now)
    finally:
        PullCursor.objects.filter(account=account).update(pulling_until=None)
    if PullCursor.objects.filter(account=account, knocked=True).exists():
        jobs.enqueue(jobs.PULL, account.pk)
    return True


def left_behind(*, now: datetime) -> list[int]:
    """Accounts that knocked and whose puller is gone."""
    lapsed = Q(pulling_until__lte=now)
    waiting = Q(knocked=True, pulling_until=None)
    return list(PullCursor.objects.filter(lapsed | waiting).values_list("account_id", flat=True))


def _read_on(account: Account, *, access: Access, place: Place, now: datetime) -> None:
    adapter = get_platform(account.platform)
    row = PullCursor.objects.get(account=account)
    page = Page([], row.cursor, more=True)
    while page.more:
        page = adapter.fetch(page.cursor, knock=row.knock, access=access)
        for event in page.events:
            store(event, account=account, received_at=now, place=place, now=now)
        PullCursor.objects.filter(account=account).update(cursor=page.cursor)
