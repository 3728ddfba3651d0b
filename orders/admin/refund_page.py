"""What the refund calculator shows: its form with what was typed, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory import providers
from oms.core.money import Money, quantum
from orders.admin.act_forms import RefundForm
from orders.admin.money import MoneyRow
from orders.selectors.refunds import LineChoice, RefundChoices
from orders.services.refund_planning import Plan, PlannedLine
from payments.admin.provider_words import is_local, provider_title
from payments.models import Payment
from payments.policies import CHOSEN_REASONS


def form(found: RefundChoices, typed: RefundForm, wrong: Mapping[str, str]) -> dict[str, Any]:
    """wrong: what was refused, by the name of the field."""
    data = typed.data

    def field(name: str, default: str = "") -> dict[str, str]:
        return {"name": name, "value": data.get(name, default), "error": wrong.get(name, "")}

    return {
        "choices": found,
        "lines": [_line(each, field, data) for each in found.lines if each.left],
        "gone": [each for each in found.lines if not each.left],
        "any_restock": any(each.restockable for each in found.lines),
        "shipping": field("shipping") | {"left": found.shipping},
        "extra": field("amount"),
        "note": field("note"),
        "reason": field("reason", "goodwill") | {"choices": [(str(each), each.label) for each in CHOSEN_REASONS]},
        "tender": field("payment_id")
        | {"choices": [(str(each.pk), named(each), left) for each, left in found.payments]},
        "place": field("location_id")
        | {"choices": [(str(each.id), each.name) for each in found.locations if each.is_active]},
        "step": f"{quantum(found.order.currency):f}",
        "whole_error": wrong.get("", ""),
    }


def named(payment: Payment) -> str:
    """How a person tells it from the others."""
    title = provider_title(payment.provider)
    return f"{payment.method} · {title}" if payment.method else title


def _line(choice: LineChoice, field: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    line = choice.line
    return {
        "choice": choice,
        "line": line,
        "units": field(f"quantity_{line.pk}", "0"),
        "restock": f"restock_{line.pk}",
        "is_restocked": f"restock_{line.pk}" in data,
    }


def preview(plan: Plan, typed: RefundForm) -> dict[str, Any]:
    """Everything that the act would do, with the form's fields to send it again."""
    order = plan.order
    amount = order.money(plan.amount)
    names = providers.locations().names({each.location_id for each in plan.restocked if each.location_id})
    return {
        "amount": amount,
        "rows": list(_rows(plan)),
        "tenders": [_tender(order.money(each.amount), each.payment) for each in plan.tenders],
        "restocked": [_restocked(each, names) for each in plan.restocked],
        "remarks": list(_remarks(plan)),
        "worth": list(_worth(plan)),
        "kept": [(name, value) for name, value in typed.data.items() if name not in _OURS],
        "revision": order.revision,
        "button": _("Refund %s") % amount,
    }


_OURS = ("do", "revision", "csrfmiddlewaretoken")


def _rows(plan: Plan) -> Iterator[MoneyRow]:
    money = plan.order.money
    for each in plan.lines:
        line = each.line
        yield MoneyRow(f"{each.quantity} × {line.title or line.sku}", money(each.amount))
    if plan.shipping:
        yield MoneyRow(_("Shipping"), money(plan.shipping_amount))
    if plan.extra:
        yield MoneyRow(_("Another amount"), money(plan.extra))
    yield MoneyRow(_("Refund"), money(plan.amount), "total")


def _tender(amount: Money, payment: Payment) -> str:
    told = {"amount": amount, "payment": named(payment)}
    if payment.provider == "manual":
        return _("%(amount)s · %(payment)s: give it back yourself, nobody else does.") % told
    if is_local(payment.provider):
        return _("%(amount)s · %(payment)s: it is there at once.") % told
    return _("%(amount)s · %(payment)s: it is asked to give it back.") % told


def _restocked(each: PlannedLine, names: Mapping[Any, str]) -> str:
    told = {"n": each.restocked, "what": each.line.sku or each.line.title}
    place = names.get(each.location_id, "")
    if place:
        return ngettext(
            "%(n)s × %(what)s goes on the shelf at %(place)s.",
            "%(n)s × %(what)s go on the shelf at %(place)s.",
            each.restocked,
        ) % (told | {"place": place})
    return ngettext("%(n)s × %(what)s goes back to stock.", "%(n)s × %(what)s go back to stock.", each.restocked) % told


def _remarks(plan: Plan) -> Iterator[str]:
    """What one could expect to happen and does not."""
    for each in plan.lines:
        stays = each.quantity - each.restocked
        what = each.line.sku or each.line.title
        if not each.wants_restock or not stays:
            continue
        if not (each.line.is_stocked and each.line.item_id):
            yield _("%s is not stocked: nothing goes on a shelf.") % what
        else:
            yield _("%(n)s × %(what)s never left the shelf: they are not put there again, and stay reserved.") % {
                "n": stays,
                "what": what,
            }
    owed = min(plan.before.owed, plan.amount)
    if owed:
        yield _("%s of it is owed to the customer anyway: it makes the order worth no less.") % plan.order.money(owed)


def _worth(plan: Plan) -> Iterator[tuple[str, Money, Money]]:
    """What the order's figures are now, and afterwards."""
    money = plan.order.money
    yield _("The order is worth"), money(plan.before.total), money(plan.after.total)
    held = [each.captured - each.refunded - each.leaving for each in (plan.before, plan.after)]
    yield _("Paid, less what was refunded"), money(held[0]), money(held[1])
    yield _balance(plan.after.balance), money(plan.before.balance), money(plan.after.balance)


def _balance(amount: Decimal) -> str:
    if amount > 0:
        return _("Balance (the customer owes)")
    return _("Balance (to be given back)") if amount < 0 else _("Balance")
