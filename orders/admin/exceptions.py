"""Orders that need a person, and jobs on many of them that no worker could finish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from oms.web.console import attention, show
from oms.web.console.attention import Act, Kind, Matter
from orders.admin.money_exceptions import could_not_be_canceled
from orders.enums import BulkJobStatus, OrderStatus
from orders.models import BulkJob, Order


def _requiring_action(orders: QuerySet[Any]) -> QuerySet[Any]:
    """But for those that could not be canceled: they have a kind of their own."""
    return orders.filter(~could_not_be_canceled(), status=OrderStatus.REQUIRES_ACTION)


def _tell(orders: Sequence[Order]) -> Iterator[Matter]:
    for order in orders:
        yield Matter(
            pk=order.pk,
            title=_now("Order %s") % order,
            since=order.placed_at,
            url=show.change_url("orders_order", order.pk),
            detail=show.money(order.total, order.currency),  # no name: not everybody who sees this may see customers
        )


def _failed(jobs: QuerySet[Any]) -> QuerySet[Any]:
    return jobs.filter(status=BulkJobStatus.FAILED)


def _tell_jobs(jobs: Sequence[BulkJob]) -> Iterator[Matter]:
    for job in jobs:
        yield Matter(
            pk=job.pk,
            title=_now("%(act)s: %(left)s of %(total)s orders are left")
            % {"act": job.get_act_display(), "left": job.left, "total": job.total},
            since=job.finished_at or job.updated_at,
            url=show.change_url("orders_bulkjob", job.pk),
            detail=job.error,
        )


attention.show(
    Kind(
        rank=10,
        name="orders",
        title=_("Orders that require action"),
        icon="error",
        model=Order,
        narrow=_requiring_action,
        age=("placed_at", "id"),
        tell=_tell,
        act=Act(label=_("Open the order"), permission="orders.view_order"),
        tone="bad",
    )
)
attention.show(
    Kind(
        rank=15,
        name="bulk-jobs",
        title=_("Bulk jobs that failed"),
        icon="checklist",
        model=BulkJob,
        narrow=_failed,
        age=("finished_at", "id"),
        tell=_tell_jobs,
        act=Act(label=_("Open the job"), permission="orders.view_order"),
        tone="bad",
    )
)
