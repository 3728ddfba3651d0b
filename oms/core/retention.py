"""How long rows and files are kept that nobody needs for ever, and pruning those that are older.

An app declares what may go in its `retention.py`, which is found at start-up. What still has to be done (an event that
is not delivered everywhere, a dead letter) is no such row, however old it is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from oms.core import ids
from oms.core.models import OPEN, Delivery, IdempotencyKey, OutboxEvent

_PAGE: Final = 1000  # rows looked at, and deleted at most, in a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """name: what settings.OMS["KEEP_DAYS"] calls it. days: where the settings say nothing; 0 keeps it for ever.
    what: said in the list of `manage.py prune`.
    """

    name: str
    what: str
    days: int

    @property
    def kept_days(self) -> int:
        return int(settings.OMS["KEEP_DAYS"].get(self.name, self.days))

    @property
    def before(self) -> datetime:
        """What is older than this may go."""
        return timezone.now() - timedelta(days=self.kept_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(_Kept):
    """Rows that are kept for a time.

    key: an indexed column that rises with time, a UUIDv7 unless `mark` makes something else of a moment.
    disposable: which of those that are older than a moment may go.
    """

    model: type[models.Model]
    disposable: Callable[[datetime], Q]
    key: str = "pk"
    mark: Callable[[datetime], Any] = ids.first_id


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles(_Kept):
    """Files that are kept for a time. older: delete(name) is called for each name that it gives, of files or folders
    that nobody has needed since a moment."""

    older: Callable[[datetime], Iterable[Any]]
    delete: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of one of them. `count`: how many went, or would go. finished: False when the time was up before."""

    kept: Kept | KeptFiles
    count: int
    finished: bool


_declared: dict[str, Kept | KeptFiles] = {}


def declare(*what: Kept | KeptFiles) -> None:
    """Have rows and files pruned. Rows that refer to others come before them."""
    _declared.update({kept.name: kept for kept in what})


def declared() -> list[Kept | KeptFiles]:
    return list(_declared.values())


def prune(kept: Kept | KeptFiles, *, dry_run: bool = False, seconds: float = math.inf) -> Pruned:
    """Delete what is older than its time, the oldest first, a thousand rows to a transaction; dry_run: count it.

    Rows that somebody has locked are left for the next time, so any number may prune at once and nobody waits for it.
    Ends after `seconds`; the next run goes on.
    """
    ends_at = time.monotonic() + seconds
    count = 0
    for more in _pieces(kept, dry_run=dry_run) if kept.kept_days else ():
        if time.monotonic() > ends_at:
            return Pruned(kept, count, finished=False)
        count += more()
    return Pruned(kept, count, finished=True)


def _pieces(kept: Kept | KeptFiles, *, dry_run: bool) -> Iterator[Callable[[], int]]:
    """The work piece by piece; each tells how many it took away, or would have."""
    if isinstance(kept, Kept):
        for rows in _pages(kept):
            yield rows.count if dry_run else partial(_delete, rows)
        return
    for name in kept.older(kept.before):
        yield partial(_delete_file, kept, None if dry_run else name)


def _delete_file(kept: KeptFiles, name: Any) -> int:
    if name is not None:
        kept.delete(name)
    return 1


def _pages(kept: Kept) -> Iterator[models.QuerySet[Any]]:
    """What may go, page by page along the key: each page is a range of it, however much of it has to stay."""
    before = kept.before
    rest = kept.model._default_manager.filter(**{f"{kept.key}__lt": kept.mark(before)})
    while keys := list(rest.order_by(kept.key).values_list(kept.key, flat=True)[:_PAGE]):
        yield rest.filter(kept.disposable(before), **{f"{kept.key}__lte": keys[-1]})
        rest = rest.filter(**{f"{kept.key}__gt": keys[-1]})


def _delete(rows: models.QuerySet[Any]) -> int:
    with transaction.atomic():
        pks = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
        # Not delete(): that would look for rows that refer to these, and take them along.
        if pks:
            rows.model._default_manager.filter(pk__in=pks)._raw_delete(rows.db)
    return len(pks)


declare(
    Kept(
        name="deliveries",
        what="deliveries that were made or skipped",
        days=30,
        model=Delivery,
        key="event_id",
        disposable=lambda before: ~Q(state__in=OPEN) & Q(due_at__lt=before),
    ),
    Kept(
        name="events",
        what="events that are delivered everywhere",
        days=90,
        model=OutboxEvent,
        disposable=lambda before: Q(~Exists(Delivery.objects.filter(event=OuterRef("pk"))), relayed_at__lt=before),
    ),
    Kept(
        name="idempotency_keys",
        what="answers kept under an Idempotency-Key",
        days=7,
        model=IdempotencyKey,
        disposable=lambda before: Q(created_at__lt=before),
    ),
)
