"""The page of an order, and its acts. It is drawn up in `page`, its forms in `steps`."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from oms.core.errors import DomainError, StaleRevision
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin
from oms.web.limits import limits_of
from orders.admin import money_words, page
from orders.admin.act_forms import ActForm
from orders.admin.acts import ACTS, perform
from orders.admin.money_acts import Asked
from orders.admin.steps import Refused
from orders.selectors.order_page import OrderPage, order_page
from payments.services import waiting

_ITEM: Final = re.compile(r"/items/(\d+)(?:/|$)")


class OrderPageViews(ConsoleAdmin):
    """Views of OrderAdmin. What they show and act on is among its `get_queryset`, and nothing else."""

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(require_POST(self.act_view))
        return [path("<uuid:order_id>/act/<slug:name>/", act, name="orders_order_act"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:  # whatever changes an order is an act
            return HttpResponseNotAllowed(["GET", "HEAD"])
        try:
            found = self._find(request, UUID(object_id))
        except ValueError:
            found = None
        if not self.has_view_permission(request, found.order if found else None):
            raise PermissionDenied
        if found is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        return self._page(request, found, extra_context=extra_context)

    def act_view(self, request: HttpRequest, order_id: UUID, name: str) -> HttpResponse:
        """A button was pressed: run its service, say what came of it, show the order again.

        What is refused is shown on the page with what was typed, and what is wrong beside it.
        """
        act = ACTS.get(name)
        if act is None:
            raise Http404
        if not (self.has_view_permission(request) and _has(request, act.permission)):
            raise PermissionDenied
        if not self.get_queryset(request).filter(pk=order_id).exists():
            raise Http404
        form = act.form(request.POST)
        if not form.is_valid():
            acts.say_errors(request, form)
            return self._again(request, order_id, Refused(name, request.POST, problems_of(form)))
        try:
            if "location_id" in form.cleaned_data:  # who sees some locations only says from which
                limits_of(request.user).require_locations(form.cleaned_data["location_id"])
            done = perform(act, order_id, form.cleaned_data, acts.actor_of(request))
        except StaleRevision as stale:
            return self._again(request, order_id, Refused(name, request.POST, {}), status=stale.status)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return self._again(request, order_id, Refused(name, request.POST, refusals_of(refusal, form)))
        self._say(request, order_id, done)
        return HttpResponseRedirect(show.change_url("orders_order", order_id))

    def _say(self, request: HttpRequest, order_id: UUID, done: str | Asked) -> None:
        """What was done; of what providers were asked for, what has become of it: they have five seconds to answer."""
        if isinstance(done, str):
            messages.success(request, done)
            return
        waiting.carry_out_now(done.attempts)
        for level, sentence in money_words.outcomes(done.attempts):
            messages.add_message(request, level, sentence)
        if done.canceling:
            level, sentence = money_words.of_cancellation(self.get_queryset(request).get(pk=order_id))
            messages.add_message(request, level, sentence)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An order's history is its timeline."""
        return HttpResponseRedirect(show.change_url("orders_order", object_id) + "#timeline")

    def _find(self, request: HttpRequest, order_id: UUID) -> OrderPage | None:
        wanted = request.GET.get("timeline", "")
        number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 6 else 1
        return order_page(order_id, orders=self.get_queryset(request), timeline=number)

    def _again(self, request: HttpRequest, order_id: UUID, refused: Refused, status: int = 200) -> HttpResponse:
        found = self._find(request, order_id)
        if found is None:
            return HttpResponseRedirect(show.change_url("orders_order", order_id))
        if status == StaleRevision.status:
            told = {"change": page.newest_change(found.order)}
            messages.error(
                request,
                _(
                    "Nothing was done: this order was changed after you opened it. The newest change: %(change)s. "
                    "Look at it again; what you typed is kept, and the button works now."
                )
                % told,
            )
        return self._page(request, found, refused, status=status)

    def _page(
        self,
        request: HttpRequest,
        found: OrderPage,
        refused: Refused | None = None,
        *,
        status: int = 200,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Order %s") % found.order,
            "opts": self.opts,
            "original": found.order,
            "has_view_permission": True,
            "page_url": show.change_url("orders_order", found.order.pk),
            **page.context(
                found, lambda permission: _has(request, permission), wanted=request.GET.get("form", ""), refused=refused
            ),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/orders/order/page.html", context, status=status)


def _has(request: HttpRequest, permission: str) -> bool:
    return bool(request.user.has_perm(permission))


def problems_of(form: ActForm) -> dict[str, str]:
    """What is wrong with the input, by the name of the field; what has none stands in a message."""
    found = {name: " ".join(map(str, problems)) for name, problems in form.errors.items() if name in form.fields}
    return found | getattr(form, "wrong_quantities", {})


def refusals_of(refusal: DomainError, form: ActForm) -> dict[str, str]:
    """What a service refused, by the field that it is about."""
    items = form.cleaned_data.get("items", [])
    found: dict[str, str] = {}
    for error in refusal.errors:
        item = _ITEM.match(error.pointer)
        if item and int(item[1]) < len(items):
            found[f"quantity_{items[int(item[1])].line_id}"] = error.message
        else:
            found[error.pointer.strip("/")] = error.message
    return found
