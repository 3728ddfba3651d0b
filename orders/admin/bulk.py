"""Doing one thing to many orders from their list: choose rows, or all that the filter finds; look; press."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from oms.core import ids
from oms.core.errors import DomainError
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin
from oms.web.console.paging import capped_count
from oms.web.limits import limits_of
from orders import tasks
from orders.admin.bulk_forms import OFFERED, BulkForm
from orders.enums import BulkAct
from orders.models import BulkJob, Order
from orders.services import bulk_jobs, bulk_running

_SUMS_SHOWN: Final = 5


class BulkActs(ConsoleAdmin):
    """The list's acts, each over a page that says what it will do, done by a job that says what came of it."""

    list_disable_select_all = False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Those that the person may do to a single order, too."""
        return {
            act.value: (partial(_ask, act), act.value, offered.title)
            for act, offered in OFFERED.items()
            if request.user.has_perm(offered.permission)
        }

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.bulk_view))
        return [path("bulk/<slug:act>/", view, name="orders_order_bulk"), *super().get_urls()]

    def bulk_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """The page was looked at: start the job, and do it at once when it is small."""
        if act not in BulkAct:
            raise Http404
        offered = OFFERED[BulkAct(act)]
        if not (self.has_view_permission(request) and request.user.has_perm(offered.permission)):
            raise PermissionDenied
        form = offered.form(request.POST)
        if not form.is_valid():
            return self.ask(request, BulkAct(act), form=form)
        try:
            job = bulk_jobs.start_bulk_job(
                act=BulkAct(act),
                given=form.given(),
                orders=self._chosen(request),
                actor=acts.actor_of(request),
                locations=limits_of(request.user).locations,
                seen=_number(request.POST.get("seen")),
            )
        except DomainError as refusal:
            return self.ask(request, BulkAct(act), form=form, refusal=str(refusal))
        run(job)
        return HttpResponseRedirect(show.change_url("orders_bulkjob", job.pk))

    def ask(
        self, request: HttpRequest, act: BulkAct, *, form: BulkForm | None = None, refusal: str = ""
    ) -> HttpResponse:
        """The page between choosing and doing. Nothing is written for it."""
        shown_at = timezone.now()
        orders = self._chosen(request, before=shown_at)
        count = capped_count(orders, bulk_jobs.MOST_ORDERS + 1)
        too_many = count > bulk_jobs.MOST_ORDERS
        everything = request.POST.get("select_across") == "1"
        offered = OFFERED[act]
        context = {
            **self.admin_site.each_context(request),
            "title": offered.title,
            "opts": self.opts,
            "offered": offered,
            "form": form or offered.form(),
            "refusal": str(bulk_jobs.TooManyOrders(most=bulk_jobs.MOST_ORDERS)) if too_many else refusal,
            "may_start": count and not too_many,
            "count": count,
            "sums": [] if too_many else _sums(orders),
            "everything": everything,
            "chosen": [] if everything else request.POST.getlist(ACTION_CHECKBOX_NAME),
            "at_once": count <= bulk_running.AT_ONCE,
            "shown_at": shown_at.isoformat(),
            "back": _with_query(request, reverse("admin:orders_order_changelist")),
            "target": _with_query(request, reverse("admin:orders_order_bulk", args=[act.value])),
        }
        return TemplateResponse(request, "admin/orders/order/bulk.html", context)

    def _chosen(self, request: HttpRequest, *, before: datetime | None = None) -> QuerySet[Order]:
        """The ticked rows; or all that the list finds, but for orders that were made after the page was shown."""
        if request.POST.get("select_across") != "1":
            ticked = [known for text in request.POST.getlist(ACTION_CHECKBOX_NAME) if (known := _uuid(text))]
            chosen: QuerySet[Order] = self.get_queryset(request).filter(pk__in=ticked)
            return chosen
        try:
            found: QuerySet[Order] = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return Order.objects.none()
        at = before or _moment(request.POST.get("shown_at"))
        return found.filter(pk__lt=ids.first_id(at)) if at else found


def run(job: BulkJob) -> None:
    """Do a small job while the person waits, have workers do what is left."""
    left: BulkJob | None = job
    if job.left <= bulk_running.AT_ONCE:
        left = bulk_running.run_bulk_job(job_id=job.pk, seconds=bulk_running.PATIENCE)
    if left is not None and left.is_open:
        tasks.send(tasks.run_bulk_job, str(job.pk))


def _ask(act: BulkAct, model_admin: BulkActs, request: HttpRequest, _rows: QuerySet[Order]) -> HttpResponse:
    return model_admin.ask(request, act)


def _sums(orders: QuerySet[Order]) -> list[str]:
    """What the chosen orders are worth, by currency."""
    worth = orders.order_by().values_list("currency").annotate(Sum("total"), orders=Count("pk")).order_by("-orders")
    return [show.money(total, currency) for currency, total, _count in worth[:_SUMS_SHOWN]]


def _with_query(request: HttpRequest, url: str) -> str:
    query = request.GET.urlencode()
    return f"{url}?{query}" if query else url


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _moment(text: str | None) -> datetime | None:
    try:
        at = parse_datetime(text or "")
    except ValueError:
        return None
    return at if at and timezone.is_aware(at) and 1970 < at.year < 9999 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
