"""Money of an order in a real browser: the refund calculator by the keyboard alone, and who may move what."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.models import Order
from orders.requests import ShippingRequest
from payments.models import PaymentAttempt
from tests.e2e.pages import tab_to, wait_for_focus, width_of
from tests.e2e.test_roles import sign_in
from tests.paying import promised
from tests.scenarios import placed_order, shop

__all__ = ["sign_in"]  # a fixture
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TELEPHONE = {"width": 390, "height": 844}


@pytest.fixture
def order():
    """Three lamps at 10.00 and shipping at 6.00; 30.00 of it are taken, the rest is promised."""
    shipping = [ShippingRequest(name="Post", amount=Decimal(6))]
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 3}, shipping_methods=shipping)
    promised(order, captured=[30])
    return order


def test_a_refund_is_worked_out_looked_at_and_done_without_a_mouse_on_a_telephone(sign_in, order):
    page = sign_in("support")
    page.set_viewport_size(TELEPHONE)
    page.goto(f"/console/orders/order/{order.pk}/change/")

    tab_to(page, "a[href$='/refund/']")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"Refund of order {order}").wait_for()
    widths = [width_of(page)]
    tab_to(page, "[name^=quantity_]")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    tab_to(page, "[name=shipping]")
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    wait_for_focus(page, "[name=shipping][aria-invalid=true]")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2.50")
    tab_to(page, "[name=reason]")
    page.keyboard.press("ArrowDown")
    reason = page.input_value("[name=reason]")
    tab_to(page, "button[value=preview]")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="What it comes to").wait_for()
    widths.append(width_of(page))
    before = PaymentAttempt.objects.filter(act="refund").count()
    tab_to(page, "button[value=change]")
    page.keyboard.press("Enter")
    page.locator("[name=shipping]").wait_for()
    kept = page.input_value("[name=shipping]")
    tab_to(page, "button[value=preview]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What it comes to").wait_for()
    tab_to(page, "button[value=refund]")
    page.keyboard.press("Space")
    page.get_by_text("$22.50 refunded").wait_for()

    assert max(widths) <= TELEPHONE["width"]
    assert (kept, before) == ("2.50", 0)
    attempt = PaymentAttempt.objects.get(act="refund")
    assert (attempt.amount, attempt.reason, attempt.state) == (Decimal("22.5"), reason, "succeeded")
    assert _money(order) == (Decimal("13.5"), 30, Decimal("22.5"))


def test_who_may_collect_captures_and_who_may_not_is_offered_nothing(sign_in, order):
    offered = {}
    for role in ("analyst", "support", "merchant"):
        page = sign_in(role)
        page.set_viewport_size(TELEPHONE)
        page.goto(f"/console/orders/order/{order.pk}/change/")
        money = page.locator("[aria-labelledby=money]")
        words = ("Capture", "Let go", "Refund …", "Mark as paid")
        offered[role] = {word for word in words if money.get_by_text(word, exact=True).count()}
    page.locator("summary", has_text="Capture").click()
    page.get_by_label("Amount (USD)").first.fill("4")
    page.locator("[aria-labelledby=money]").get_by_role("button", name="Capture").click()
    page.get_by_text("$4.00 captured").wait_for()

    assert offered == {"analyst": set(), "support": {"Refund …"}, "merchant": {"Capture", "Let go", "Refund …"}}
    assert _money(order) == (36, 34, 0)


def _money(order):
    """What it is worth, what was taken for it, and what went back."""
    fresh = Order.objects.get(pk=order.pk)
    return fresh.total, fresh.captured_total, fresh.refunded_total
