"""What people type when they give, find and change gift cards and store credit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from oms.core import ids
from oms.core.errors import NotFound
from oms.core.money import Money, UnknownCurrency, exponent
from oms.web import limits
from oms.web.console.filters import midnight
from payments.enums import GIVEN_REASONS, BalanceReason
from payments.models import GiftCard, StoreCreditAccount
from payments.services import store_credit

REASONS = [(each.value, each.label) for each in GIVEN_REASONS]


class AmountField(forms.DecimalField):
    """An amount as it can be kept; whether its currency has such coins is said by the service."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            **{"max_digits": 18, "decimal_places": 4, "widget": UnfoldAdminDecimalFieldWidget, "label": _("Amount")}
            | more
        )


class CurrencyField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Currency"),
            max_length=3,
            min_length=3,
            widget=UnfoldAdminTextInputWidget,
            help_text=_("Its three letters: USD, EUR, JPY …"),
        )

    def clean(self, value: Any) -> str:
        code = str(super().clean(value)).upper()
        try:
            exponent(code)
        except UnknownCurrency as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return code


def _text(label: Any, most: int, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget()
    return forms.CharField(label=label, max_length=most, required=False, widget=widget, help_text=help_text)


def _reason(initial: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Reason"), choices=REASONS, initial=initial, widget=UnfoldAdminSelectWidget)


def end_of(day: Any) -> datetime | None:
    """The moment at which a card that is good until this day expires; None for never."""
    return midnight(day + timedelta(days=1)) if day else None


class GiftCardForm(forms.ModelForm[GiftCard]):
    amount = AmountField()
    currency = CurrencyField()
    good_until = forms.DateField(
        label=_("Good until"),
        required=False,
        widget=UnfoldAdminDateWidget,
        help_text=_("The last day on which it can be used. Empty: for ever."),
    )
    reason = _reason(BalanceReason.SALE)
    recipient = _text(_("Recipient"), 190, _("Whom it is for: a name or an e-mail address. Nothing is sent."))
    note = _text(_("Note"), 255)

    class Meta:
        model = GiftCard
        fields = ("currency", "recipient", "note")

    def money(self) -> Money:
        return Money(self.cleaned_data["amount"], self.cleaned_data["currency"])


class StoreCreditForm(forms.ModelForm[StoreCreditAccount]):
    """customer: as whoever talks to them knows them."""

    request: HttpRequest
    customer = forms.CharField(
        label=_("Customer"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Their e-mail address, or the id on their page (cus_…)."),
    )
    amount = AmountField()
    currency = CurrencyField()
    reason = _reason(BalanceReason.GOODWILL)
    note = _text(_("Note"), 255)

    class Meta:
        model = StoreCreditAccount
        fields = ("currency",)

    def clean_customer(self) -> Any:
        typed = self.cleaned_data["customer"].strip()
        known = limits.narrow(store_credit.customers(), limits.limits_of(self.request.user))
        try:
            found = list(known.filter(pk=ids.decode(ids.CUSTOMER, typed))[:2])
        except NotFound:
            found = list(known.filter(email__iexact=typed)[:2]) if typed else []
        if len(found) != 1:
            several = _now("Several customers have the address %s: give the id.")
            raise forms.ValidationError((several if found else _now("There is no customer %s.")) % typed)
        return found[0]

    def _post_clean(self) -> None:
        """The account is the service's to make: what was typed is no row."""

    def money(self) -> Money:
        return Money(self.cleaned_data["amount"], self.cleaned_data["currency"])


class AdjustForm(forms.Form):
    amount = AmountField(label=_("More or less"))
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    note = forms.CharField(label=_("Note"), required=False, max_length=255)


class ExpiryForm(forms.Form):
    good_until = forms.DateField(label=_("Good until"), required=False)


class LookUpForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=80)
