"""What became of acts on many orders: the jobs, each with its progress, and the result of every order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from oms.core.streaming import in_chunks
from oms.web import spreadsheet
from oms.web.console import acts, show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.limits import limits_of, narrow
from orders.admin import bulk
from orders.admin.bulk_forms import OFFERED
from orders.enums import BulkAct, BulkRowState
from orders.models import BulkJob, BulkJobRow
from orders.services import bulk_jobs

ROWS_SHOWN: Final = 50
_QUIET_SECONDS: Final = 60
_RESULTS: Final = ("number", "order", "result", "code", "reason", "at")


def may_see(request: HttpRequest) -> bool:
    """Whoever sees orders sees the jobs they started; with the permission to view bulk jobs, and without limits,
    everybody's."""
    return any(map(request.user.has_perm, ("orders.view_order", "orders.view_bulkjob")))


def jobs_seen(request: HttpRequest) -> QuerySet[BulkJob]:
    everybody = request.user.has_perm("orders.view_bulkjob") and not limits_of(request.user)
    return bulk_jobs.jobs_of(None if everybody else acts.actor_of(request))


class _OfJobs(ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_see(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_see(request)


@admin.register(BulkJob)
class BulkJobAdmin(_OfJobs):
    list_display = ("shown_act", "shown_status", "total", "done", "refused", "shown_actor", "created_at")
    list_filter = (("act", ChoicesCheckboxFilter), ("status", ChoicesCheckboxFilter))
    list_before_template = "admin/orders/bulkjob/above_list.html"
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkJob]:
        return jobs_seen(request).order_by(*self.ordering)

    def get_urls(self) -> list[Any]:
        own: list[tuple[str, str, Callable[..., HttpResponseBase]]] = [
            ("cancel/", "cancel", require_POST(self.cancel_view)),
            ("retry/", "retry", require_POST(self.retry_view)),
            ("progress/", "progress", require_GET(self.progress_view)),
            ("results.csv", "results", require_GET(self.results_view)),
        ]
        guarded = self.admin_site.admin_view
        return [
            *(
                path(f"<uuid:job_id>/{place}", guarded(view), name=f"orders_bulkjob_{name}")
                for place, name, view in own
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request) or request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        job = self.get_object(request, object_id)
        if job is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        context = {
            **self.admin_site.each_context(request),
            "title": _title(job),
            "opts": self.opts,
            **_page(job, _rows(request, job), _may_act(request, job)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/orders/bulkjob/page.html", context)

    def cancel_view(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        self._job(request, job_id, to_act=True)
        acts.perform(
            request, partial(bulk_jobs.cancel_bulk_job, job_id=job_id), done=_now("Canceled. What is done stays done.")
        )
        return HttpResponseRedirect(show.change_url("orders_bulkjob", job_id))

    def retry_view(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = self._job(request, job_id, to_act=True)
        retry = partial(bulk_jobs.retry_bulk_job, job_id=job_id, seen=limits_of(request.user))
        if acts.perform(request, retry, done=_now("What was not done is tried again.")):
            job.refresh_from_db()
            bulk.run(job)
        return HttpResponseRedirect(show.change_url("orders_bulkjob", job_id))

    def progress_view(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        return JsonResponse(_progress(self._job(request, job_id)))

    def results_view(self, request: HttpRequest, job_id: UUID) -> HttpResponseBase:
        """The result of every order as CSV; `?state=refused` of the refused ones alone."""
        job = self._job(request, job_id)
        rows = _rows(request, job)
        if request.GET.get("state") in BulkRowState:
            rows = rows.filter(state=request.GET["state"])
        return spreadsheet.download(_results(rows), f"{job.public_id}.csv")

    def _job(self, request: HttpRequest, job_id: UUID, *, to_act: bool = False) -> BulkJob:
        if not may_see(request):
            raise PermissionDenied
        job = get_object_or_404(jobs_seen(request), pk=job_id)
        if to_act and not _may_act(request, job):
            raise PermissionDenied
        return job

    @display(description=_("Act"))
    def shown_act(self, job: BulkJob) -> str:
        return _title(job)

    @display(description=_("Status"))
    def shown_status(self, job: BulkJob) -> SafeString:
        return show.status_badge(job, "status")

    @display(description=_("By"))
    def shown_actor(self, job: BulkJob) -> str:
        return show.actor(job.actor)


@admin.register(BulkJobRow)
class BulkJobRowAdmin(_OfJobs):
    """The results, order by order; come to by way of a job."""

    list_display = ("shown_order", "shown_state", "message", "finished_at", "shown_job")
    list_display_links = None
    list_select_related = ("order", "job")
    list_filter = (("state", ChoicesCheckboxFilter),)
    ordering = ("-job_id", "-order_id")  # as the index has it that keeps an order once in a job

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkJobRow]:
        rows: QuerySet[BulkJobRow] = super().get_queryset(request)
        return rows.filter(job__in=jobs_seen(request).order_by())

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "job__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    @display(description=_("Order"))
    def shown_order(self, row: BulkJobRow) -> SafeString:
        return show.link("orders_order", row.order_id, row.order)

    @display(description=_("Result"))
    def shown_state(self, row: BulkJobRow) -> SafeString:
        return show.status_badge(row, "state")

    @display(description=_("Job"))
    def shown_job(self, row: BulkJobRow) -> SafeString:
        return show.link("orders_bulkjob", row.job_id, _title(row.job))


def _title(job: BulkJob) -> str:
    return str(OFFERED[BulkAct(job.act)].title)


def _may_act(request: HttpRequest, job: BulkJob) -> bool:
    """Cancel it, or have it tried again: whoever may do what it does."""
    return bool(request.user.has_perm(OFFERED[BulkAct(job.act)].permission))


def _progress(job: BulkJob) -> dict[str, Any]:
    """How far it is, as the page shows it and its script asks for it."""
    seconds = ((job.finished_at or timezone.now()) - job.started_at).total_seconds() if job.started_at else 0
    dealt_with = job.done + job.refused
    return {
        "open": job.is_open,
        "quiet": job.is_open and (timezone.now() - job.updated_at).total_seconds() > _QUIET_SECONDS,
        "label": str(job.get_status_display()),
        "total": job.total,
        "done": job.done,
        "refused": job.refused,
        "left": job.left,
        "percent": job.percent,
        "rate": round(dealt_with / seconds) if seconds > 1 else None,
    }


def _rows(request: HttpRequest, job: BulkJob) -> QuerySet[BulkJobRow]:
    return narrow(BulkJobRow.objects.filter(job=job), limits_of(request.user)).order_by("order_id")


def _page(job: BulkJob, rows: QuerySet[BulkJobRow], may_act: bool) -> dict[str, Any]:
    """The refused ones are shown first: they are what somebody has to do something about."""
    rows = rows.select_related("order")
    shown = rows.filter(state=BulkRowState.REFUSED) if job.refused else rows.filter(state=BulkRowState.DONE)
    results = reverse("admin:orders_bulkjobrow_changelist") + f"?job__id__exact={job.pk}"
    return {
        "job": job,
        "job_title": _title(job),
        "badge": show.status_badge(job, "status"),
        "by": show.actor(job.actor),
        "asked": [str(value) for value in _asked(job)],
        "progress": _progress(job),
        "rows": list(shown[:ROWS_SHOWN]),
        "rows_refused": bool(job.refused),
        "rows_all": job.refused or job.done,
        "may_cancel": may_act and job.is_open,
        "may_retry": may_act and not job.is_open and job.done < job.total,
        "results_url": results,
        "refused_url": f"{results}&state__exact={BulkRowState.REFUSED.value}",
    }


def _asked(job: BulkJob) -> Iterator[Any]:
    """What was asked for, as a person reads it: reason, note, tags."""
    for name, field in OFFERED[BulkAct(job.act)].form.base_fields.items():
        if value := job.input.get(name):
            known = dict(getattr(field, "choices", ()))
            yield ", ".join(value) if isinstance(value, list) else known.get(value, value)


def _results(rows: QuerySet[BulkJobRow]) -> Iterator[list[Any]]:
    yield list(_RESULTS)
    for chunk in in_chunks(rows, BulkJobRow.objects.select_related("order")):
        for row in chunk:
            yield [row.order.number, row.order.public_id, row.state, row.code, row.message, row.finished_at]
