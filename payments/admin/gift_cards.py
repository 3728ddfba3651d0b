"""Gift cards in the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from rest_framework.exceptions import Throttled
from unfold.contrib.filters.admin import RadioFilter

from oms.core import ids
from oms.core.money import Money
from oms.web import rates
from oms.web.console import acts, show
from oms.web.console.filters import MadeFilter
from oms.web.limits import limits_of
from payments.admin.balance_forms import ExpiryForm, GiftCardForm, LookUpForm, end_of
from payments.admin.balances import BalanceAdmin
from payments.models import GiftCard
from payments.services import gift_cards

_STATUSES: Final[Mapping[str, Any]] = {
    "active": _("active"),
    "used_up": _("used up"),
    "expired": _("expired"),
    "disabled": _("disabled"),
}


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
    asked = ("amount", "currency", "good_until", "reason", "recipient", "note")
    shown = (
        *("public_id", "shown_code", "shown_status", "shown_balance", "shown_value", "expires_at", "disabled_at"),
        *("recipient", "note", "shown_order", "shown_actor", "created_at"),
    )
    when_empty = _("Issue the first card.")
    exact_search = ("last_four",)
    for_all = True  # a card is good in every channel

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return super().search(rows, term.upper())

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
