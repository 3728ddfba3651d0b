"""The money card of an order's page: its statement, its payments, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oms.core.money import Money
from oms.web.console import show
from orders.admin import money_steps
from orders.admin.steps import Refused
from orders.enums import CreditReason
from orders.selectors.order_page import OrderPage, Paid
from payments import policies
from payments.admin.attempt_rows import attempt_row
from payments.admin.provider_words import provider_title
from payments.models import PaymentSession

MOST_ATTEMPTS: Final = 8  # of a payment that are shown without a click


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A row of the money card; `style` is part, total or remark."""

    label: str
    amount: Money
    style: str = "part"


def context(found: OrderPage, may: Callable[[str], bool], refused: Refused | None = None) -> dict[str, Any]:
    """What the template of the card shows."""
    forms = money_steps.steps(found, may, refused)
    return {
        "money_rows": [*_worth(found), *_paid(found)],
        "balance": _balance(found),
        "payments": [_payment(paid, forms) for paid in found.payments],
        "tries": [_try(session) for session in found.tries],
        "paid_step": forms.get("mark-paid"),
        "may_refund": money_steps.may_refund(found, may),
    }


def _worth(found: OrderPage) -> Iterator[MoneyRow]:
    """What the order is worth, and how that comes about."""
    order, told = found.order, found.statement
    yield MoneyRow(_("Goods, without taxes") if order.prices_include_tax else _("Goods"), told.ordered)
    if told.shipping:
        yield MoneyRow(_("Shipping"), told.shipping)
    if told.discounted:
        yield MoneyRow(_("Discounts"), -told.discounted)
    if told.taxed:
        yield MoneyRow(_("Taxes"), told.taxed)
        for name, amount in found.taxes:
            yield MoneyRow(name, amount, "remark")
    for adjustment in found.adjustments:
        if adjustment.kind != "discount":
            label = adjustment.description or adjustment.get_kind_display()
            yield MoneyRow(label, order.money(adjustment.amount))
    for credit in found.credits:
        why = "" if credit.reason == CreditReason.REFUND else credit.get_reason_display()
        label = _("Given back: %s") % why if why else _("Given back")
        remarks = " · ".join(filter(None, [credit.reference, credit.note]))
        yield MoneyRow(f"{label} ({remarks})" if remarks else label, order.money(-credit.amount))
    yield MoneyRow(_("Total"), told.total, "total")
    if order.original_total != order.total:
        yield MoneyRow(_("when it was placed"), order.money(order.original_total), "remark")


def _paid(found: OrderPage) -> Iterator[MoneyRow]:
    told = found.statement
    yield MoneyRow(_("Paid"), told.captured)
    if told.refunded:
        yield MoneyRow(_("Refunded"), -told.refunded)
    if told.authorized:
        yield MoneyRow(_("authorized, not taken yet"), told.authorized, "remark")
    if told.capturing:
        yield MoneyRow(_("being captured"), told.capturing, "remark")
    if told.refunding:
        yield MoneyRow(_("refund on its way"), told.refunding, "remark")


def _balance(found: OrderPage) -> dict[str, Any]:
    """What is open, and who has to do something about it: nobody, for what is on its way already."""
    told = found.statement
    if told.due:
        ended = any(policies.has_expired(paid.payment, timezone.now()) for paid in found.payments)
        label = _("The customer owes") if ended or told.authorized < told.due else _("To be captured")
        return {"label": label, "amount": told.due, "tone": "busy"}
    if told.owed:
        if told.refunding < told.owed:
            return {"label": _("To be given back"), "amount": told.owed, "tone": "bad"}
        return {"label": _("On its way back to the customer"), "amount": told.owed, "tone": "busy"}
    return {"label": _("Balance"), "amount": told.due, "tone": "good"}


def _payment(paid: Paid, forms: dict[str, Any]) -> dict[str, Any]:
    payment = paid.payment
    attempts = [attempt_row(each) for each in reversed(paid.attempts)]
    left = [
        (_("can be captured"), policies.capturable(payment, paid.attempts)),
        (_("can be refunded"), policies.refundable(payment, paid.attempts)),
    ]
    title, status = provider_title(payment.provider), policies.payment_status(payment)
    return {
        "payment": payment,
        "url": reverse("admin:payments_payment_change", args=[payment.pk]),
        "method": payment.method or title,
        "provider": title if payment.method else "",
        "badge": show.badge(status.value, str(status.label)),
        "amount": payment.money(payment.amount),
        "captured": payment.money(payment.captured),
        "refunded": payment.money(payment.refunded) if payment.refunded else None,
        "left": [(label, payment.money(amount)) for label, amount in left if amount and not payment.is_recorded],
        "expires": _expiry(paid),
        "problem": _("Its provider says: %s.") % payment.problem_in_words if payment.problem else "",
        "attempts": attempts[:MOST_ATTEMPTS],
        "earlier": attempts[MOST_ATTEMPTS:],
        "steps": [step for key in ("capture", "void") if (step := forms.get(f"{key}-{payment.pk}")) is not None],
    }


def _expiry(paid: Paid) -> str:
    """When what is not taken yet is lost."""
    payment = paid.payment
    if payment.expires_at is None or not policies.capturable(payment, paid.attempts):
        return ""
    at = date_format(timezone.localtime(payment.expires_at), "DATETIME_FORMAT")
    ended = policies.has_expired(payment, timezone.now())
    return (_("The authorization ended: %s") if ended else _("The authorization ends: %s")) % at


def _try(session: PaymentSession) -> dict[str, Any]:
    return {
        "amount": Money(session.amount, session.currency),
        "provider": provider_title(session.provider),
        "state": session.get_status_display(),
        "message": session.message or session.code,
        "at": session.created_at,
    }
