"""Gift cards and store credit in the console: what they hold, what moved them, and buttons that call services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from rest_framework.exceptions import Throttled
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter

from oms.core import ids
from oms.core.money import Money
from oms.web import audit, rates
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin
from oms.web.console.filters import MadeFilter
from oms.web.limits import limits_of
from payments.admin.balance_forms import (
    REASONS,
    AdjustForm,
    ExpiryForm,
    GiftCardForm,
    LookUpForm,
    StoreCreditForm,
    end_of,
)
from payments.models import GiftCard, GiftCardEntry, Payment, StoreCreditAccount, StoreCreditEntry
from payments.services import gift_cards, store_credit

NEWEST: Final = 50
_STATUSES: Final[Mapping[str, Any]] = {
    "active": _("active"),
    "used_up": _("used up"),
    "expired": _("expired"),
    "disabled": _("disabled"),
}


class BalanceAdmin(ConsoleAdmin):
    """Made by a form, changed by buttons, never edited."""

    ordering = ("-id",)
    change_form_outer_before_template = "admin/payments/balance_acts.html"
    change_form_outer_after_template = "admin/payments/entries.html"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

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


class StatusFilter(RadioFilter):
    title = _("state")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(_STATUSES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[GiftCard]) -> QuerySet[GiftCard]:
        word = self.value()
        return queryset.filter(GiftCard.that_are(word)) if word in _STATUSES else queryset


@admin.register(GiftCard)
class GiftCardAdmin(BalanceAdmin):
    """A code is shown once, when its card is issued."""

    form = GiftCardForm
    list_display = (
        "shown_code",
        "shown_balance",
        "shown_value",
        "shown_status",
        "expires_at",
        "recipient",
        "created_at",
    )
    list_display_links = ("shown_code",)
    list_filter = (StatusFilter, ("created_at", MadeFilter))
    list_before_template = "admin/payments/above_cards.html"
    search_help_text = _("Last four characters of the code")
    when_empty = _("Issue the first card.")
    exact_search = ("last_four",)
    for_all = True  # a card is good in every channel

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return super().search(rows, term.upper())

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("amount", "currency", "good_until", "reason", "recipient", "note")
        return (
            *("public_id", "shown_code", "shown_status", "shown_balance", "shown_value", "expires_at", "disabled_at"),
            *("recipient", "note", "shown_order", "shown_actor", "created_at"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: GiftCard, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made = gift_cards.issue_gift_card(
            amount=form.money(),
            expires_at=end_of(given["good_until"]),
            reason=given["reason"],
            recipient=given["recipient"],
            note=given["note"],
            actor=acts.actor_of(request),
        )
        obj.pk = made.card.pk
        obj.refresh_from_db()
        self.note(request, "added", obj, {})
        code = format_html('{} <code class="c-mono">{}</code>', _now("This is the code, shown only now:"), made.code)
        messages.warning(request, code)

    def _around(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {**super()._around(request, row), "card": row, "card_has_expired": row.has_expired()}

    def acts(self) -> Any:
        return super().acts() | {
            "disable": (forms.Form, self.disabled),
            "enable": (forms.Form, self.enabled),
            "expiry": (ExpiryForm, self.expiry_changed),
        }

    def adjusted(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> str:
        amount, words = Money(given["amount"], row.currency), {"reason": given["reason"], "note": given["note"]}
        card = gift_cards.adjust_gift_card(card_id=row.pk, amount=amount, **words, actor=acts.actor_of(request))
        return _now("The card holds %s now.") % card.money(card.balance)

    def disabled(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> str:
        gift_cards.disable_gift_card(card_id=row.pk)
        return _now("Nobody can pay with this card any more.")

    def enabled(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> str:
        gift_cards.enable_gift_card(card_id=row.pk)
        return _now("The card is good again.")

    def expiry_changed(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> str:
        until = end_of(given["good_until"])
        gift_cards.change_expiry(card_id=row.pk, expires_at=until, actor=acts.actor_of(request))
        return _now("The expiry is changed.")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.lookup_view))
        return [path("lookup/", view, name="payments_giftcard_lookup"), *super().get_urls()]

    def lookup_view(self, request: HttpRequest) -> HttpResponse:
        """By a form, so that codes stand in no log of addresses; as often as somebody may try to sign in."""
        if limits_of(request.user) or not request.user.has_perm("payments.view_giftcard"):
            raise PermissionDenied
        form, back = LookUpForm(request.POST), reverse("admin:payments_giftcard_changelist")
        try:
            if spent := rates.spend(rates.LOGINS, f"user:{request.user.pk}"):
                spent.require()
        except Throttled as refusal:
            messages.error(request, str(refusal.detail))
            return HttpResponseRedirect(back)
        card = gift_cards.find_by_code(form.cleaned_data["code"]) if form.is_valid() else None
        if card is None:
            messages.error(request, _now("No gift card has this code."))
            return HttpResponseRedirect(back)
        return HttpResponseRedirect(show.change_url("payments_giftcard", card.pk))

    @display(description=_("Code"))
    def shown_code(self, card: GiftCard) -> str:
        return str(card)

    @display(description=_("Issued with"))
    def shown_value(self, card: GiftCard) -> str:
        return show.money(card.initial_amount, card.currency)

    @display(description=_("State"))
    def shown_status(self, card: GiftCard) -> SafeString:
        return show.badge(card.status, _STATUSES[card.status])

    @display(description=_("Sold with"))
    def shown_order(self, card: GiftCard) -> SafeString | str:
        if card.order_id is None:
            return "–"
        return show.link("orders_order", card.order_id, ids.encode(ids.ORDER, card.order_id))

    @display(description=_("Issued by"))
    def shown_actor(self, card: GiftCard) -> str:
        return show.actor(card.actor)


@admin.register(StoreCreditAccount)
class StoreCreditAccountAdmin(BalanceAdmin):
    form = StoreCreditForm
    list_display = ("shown_customer", "currency", "shown_balance", "updated_at")
    list_display_links = ("shown_customer",)
    list_select_related = ("customer",)
    search_help_text = _("E-mail of the customer")
    when_empty = _("Give a customer something to spend, instead of money back or beside it.")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("customer__email",)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        by_email = store_credit.customers().alias(lower=Lower("email")).filter(lower=Lower(Value(term)))
        return rows.filter(customer__in=by_email)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("customer", "amount", "currency", "reason", "note")
        return ("public_id", "linked_customer", "currency", "shown_balance", "created_at", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.request = request
        return form

    def save_model(self, request: HttpRequest, obj: StoreCreditAccount, form: Any, change: bool) -> None:
        given = form.cleaned_data
        account = store_credit.issue_store_credit(
            customer_id=given["customer"].pk,
            amount=form.money(),
            reason=given["reason"],
            note=given["note"],
            actor=acts.actor_of(request),
        )
        obj.pk = account.pk
        obj.refresh_from_db()
        self.note(request, "added", obj, {})

    def adjusted(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> str:
        amount, words = Money(given["amount"], row.currency), {"reason": given["reason"], "note": given["note"]}
        done = store_credit.adjust_store_credit(account_id=row.pk, amount=amount, **words, actor=acts.actor_of(request))
        return _now("The account holds %s now.") % done.money(done.balance)

    @display(description=_("Customer"))
    def shown_customer(self, row: StoreCreditAccount) -> str:
        return str(row.customer)

    @display(description=_("Customer"))
    def linked_customer(self, row: StoreCreditAccount) -> SafeString:
        return show.link("orders_customer", row.customer_id, row.customer)


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
