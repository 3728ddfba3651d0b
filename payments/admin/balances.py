"""What holds a balance, in the console: what moved it, and buttons that call services."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from oms.web import audit
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin
from oms.web.console.filters import MadeFilter
from payments.admin.balance_forms import (
    REASONS,
    AdjustForm,
)
from payments.models import GiftCardEntry, Payment, StoreCreditEntry

NEWEST: Final = 50


class BalanceAdmin(ConsoleAdmin):
    """Made by a form that asks for the fields of `asked`, shown with those of `shown`; changed by buttons, never
    edited."""

    asked: ClassVar[tuple[str, ...]]
    shown: ClassVar[tuple[str, ...]]
    ordering = ("-id",)
    change_form_outer_before_template = "admin/payments/balance_acts.html"
    change_form_outer_after_template = "admin/payments/entries.html"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.asked if obj is None else self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else self.shown

    def may_change(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"payments.change_{self.opts.model_name}"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = {**(self._around(request, row) if row else {}), **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def _around(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        entries = list(row.entries.order_by("-number")[:NEWEST])
        references = [each.reference for each in entries if each.reference]
        found = Payment.objects.filter(provider__in=["gift_card", "store_credit"], reference__in=references)
        payments = {each.reference: each for each in found.select_related("order")}
        for each in entries:
            each.payment = payments.get(each.reference)
            each.by = show.actor(each.actor)
            each.moved = show.money(each.amount, row.currency)
            each.left = show.money(each.balance_after, row.currency)
        name = f"payments_{self.opts.model_name}"
        every_entry = reverse(f"admin:{name.removesuffix('account')}entry_changelist")
        return {
            "balance_entries": entries,
            "balance_more": row.entry_count > NEWEST,
            "balance_all": f"{every_entry}?q={row.pk}",
            "balance_act": f"admin:{name}_act",
            "balance_reasons": REASONS,
            "balance_may_change": self.may_change(request),
            "balance_now": show.money(row.balance, row.currency),
        }

    def acts(self) -> dict[str, tuple[type[forms.Form], Callable[[HttpRequest, Any, dict[str, Any]], str]]]:
        """The buttons: by name the form and what is done, which returns the sentence that says so."""
        return {"adjust": (AdjustForm, self.adjusted)}

    def adjusted(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> str:
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.act_view))
        name = f"payments_{self.opts.model_name}_act"
        return [path("<uuid:balance_id>/act/<slug:act>/", view, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, balance_id: UUID, act: str) -> HttpResponse:
        if not self.may_change(request):
            raise PermissionDenied
        row = self.require(request, balance_id)
        if act not in self.acts():
            raise Http404
        kind, run = self.acts()[act]
        form = kind(request.POST)
        if not form.is_valid():
            acts.say_errors(request, form)
        elif acts.perform_saying(request, partial(run, request, row, form.cleaned_data)):
            self.note(request, "changed", row, {"act": act})
        return HttpResponseRedirect(show.change_url(f"payments_{self.opts.model_name}", balance_id))

    def note(self, request: HttpRequest, action: str, row: Any, details: dict[str, Any]) -> None:
        subject = f"{self.opts.model_name}:{row.public_id}"
        audit.record(action, actor=acts.actor_of(request), request=request, subject=subject, details=details)

    @display(description=_("Balance"))
    def shown_balance(self, row: Any) -> str:
        return show.money(row.balance, row.currency)


class EntryAdmin(ReadOnlyAdmin):
    """The entries of balances: read, never written."""

    list_display = (
        "created_at",
        "shown_account",
        "number",
        "kind",
        "shown_amount",
        "shown_after",
        "reason",
        "shown_by",
    )
    list_display_links = ("created_at",)
    list_filter = (("kind", ChoicesCheckboxFilter), ("created_at", MadeFilter))
    ordering = ("-id",)

    @display(description=_("Amount"))
    def shown_amount(self, row: Any) -> str:
        return show.money(row.amount, row.account.currency)

    @display(description=_("Balance"))
    def shown_after(self, row: Any) -> str:
        return show.money(row.balance_after, row.account.currency)

    @display(description=_("Of"))
    def shown_account(self, row: Any) -> SafeString:
        return show.link(f"payments_{row.account._meta.model_name}", row.account_id, row.account)

    @display(description=_("By"))
    def shown_by(self, row: Any) -> str:
        return show.actor(row.actor)


@admin.register(GiftCardEntry)
class GiftCardEntryAdmin(EntryAdmin):
    list_select_related = ("account",)
    exact_search = ("account__id", "account__last_four")

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """By one or the other: either has an index, and the two together, in two tables, have none."""
        try:
            return rows.filter(account=UUID(term))
        except ValueError:
            return rows.filter(account__last_four=term.upper())


@admin.register(StoreCreditEntry)
class StoreCreditEntryAdmin(EntryAdmin):
    list_select_related = ("account__customer",)
    exact_search = ("account__id",)
