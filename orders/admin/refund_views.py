"""The refund calculator: say what to give back, look at what that comes to, then do it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from oms.core.errors import DomainError, StaleRevision
from oms.web.console import acts, show
from oms.web.limits import limits_of
from orders.admin import money_words, page, refund_page
from orders.admin.act_forms import RefundForm
from orders.admin.acts import REFUND_PAYMENT
from orders.admin.order_views import OrderPageViews, problems_of, refusals_of
from orders.models import Order
from orders.selectors.refunds import refund_choices
from orders.services.refund_planning import Plan, Wanted
from orders.services.refunding_lines import preview_refund, refund_order
from payments.services import waiting


class RefundViews(OrderPageViews):
    """Views of OrderAdmin. Without a script: each look is a request, and what was typed goes along."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.refund_view))
        return [path("<uuid:order_id>/refund/", view, name="orders_order_refund"), *super().get_urls()]

    def refund_view(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        """GET shows the form, POST what it comes to; a POST that says so too (`do`) does it."""
        if not (self.has_view_permission(request) and request.user.has_perm(REFUND_PAYMENT)):
            raise PermissionDenied
        order = self.get_queryset(request).select_related("channel").filter(pk=order_id).first()
        if order is None:
            raise Http404
        if request.method != "POST":
            return self._refund_form(request, order, RefundForm(initial={}))
        form = RefundForm(request.POST)
        if not form.is_valid():
            acts.say_errors(request, form)
            return self._refund_form(request, order, form, problems_of(form))
        do = request.POST.get("do")
        if do == "change":
            return self._refund_form(request, order, form)
        return self._do(request, order, form) if do == "refund" else self._look(request, order, form)

    def _look(self, request: HttpRequest, order: Order, form: RefundForm, *, status: int = 200) -> HttpResponse:
        """What it comes to. What would be refused is said where it was typed."""
        try:
            plan = preview_refund(order=order, wanted=form.wanted(order.currency))
            _require_locations(request, plan)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return self._refund_form(request, order, form, refusals_of(refusal, form))
        context = refund_page.preview(plan, form)
        return self._refund_page(request, order, "admin/orders/order/refund_preview.html", context, status=status)

    def _do(self, request: HttpRequest, order: Order, form: RefundForm) -> HttpResponse:
        wanted = form.wanted(order.currency)
        try:
            plan = self._refund(request, order, wanted, form.cleaned_data.get("revision"))
        except StaleRevision as stale:
            order.refresh_from_db()
            told = {"change": page.newest_change(order)}
            sentence = _(
                "Nothing was done: this order was changed after you opened it. The newest change: %(change)s. "
                "Look at the figures again."
            )
            messages.error(request, sentence % told)
            return self._look(request, order, form, status=stale.status)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return self._refund_form(request, order, form, refusals_of(refusal, form))
        asked = [attempt.pk for attempt in plan.attempts]
        waiting.carry_out_now(asked)
        for level, told_sentence in money_words.outcomes(asked):
            messages.add_message(request, level, told_sentence)
        return HttpResponseRedirect(show.change_url("orders_order", order.pk))

    def _refund(self, request: HttpRequest, order: Order, wanted: Wanted, revision: int | None) -> Plan:
        _require_locations(request, preview_refund(order=order, wanted=wanted))
        actor = acts.actor_of(request)
        return refund_order(order_id=order.pk, wanted=wanted, actor=actor, revision=revision, waits=True)

    def _refund_form(
        self, request: HttpRequest, order: Order, form: RefundForm, wrong: dict[str, str] | None = None
    ) -> HttpResponse:
        context = refund_page.form(refund_choices(order), form, wrong or {})
        return self._refund_page(request, order, "admin/orders/order/refund.html", context)

    def _refund_page(
        self, request: HttpRequest, order: Order, template: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        everything = {
            **self.admin_site.each_context(request),
            "title": _("Refund of order %s") % order,
            "opts": self.opts,
            "original": order,
            "order": order,
            "order_url": show.change_url("orders_order", order.pk),
            "has_view_permission": True,
            **context,
        }
        return TemplateResponse(request, template, everything, status=status)


def _require_locations(request: HttpRequest, plan: Plan) -> None:
    """Who sees some locations only puts goods on their shelves only. Raises OutsideLimits."""
    limits_of(request.user).require_locations(*(each.location_id for each in plan.restocked))
