"""The refund calculator of the console: it shows what it comes to, and then does just that."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from oms.web.models import StaffLimits
from orders.models import Order
from orders.requests import LineRequest, ShippingRequest
from orders.services import collecting, fulfilling, notes
from payments.models import PaymentAttempt
from payments.providers.base import Outcome
from tests.bank import Bank, open_bank, pay_by_card
from tests.console import EVIL, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, Shop, items_of, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client: Client) -> Iterator[None]:
    client.force_login(StaffFactory(username="clerk"))
    with open_bank():
        yield


def house() -> Shop:
    return shop({"W1": {"LAMP": 9}, "W2": {"LAMP": 9}})


def paid_order(here: Shop, units: int = 3) -> Order:
    """Lamps at 10.00 and shipping at 6.00, paid by card; two of the lamps are packed."""
    lines = [LineRequest(sku="LAMP", title=f"Lamp {EVIL}", quantity=units, unit_price=Decimal(10))]
    order = placed_order(here, lines, shipping_methods=[ShippingRequest(name="Post", amount=Decimal(6))])
    pay_by_card(order)
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 2}), actor=STAFF)
    order.refresh_from_db()
    return order


def url(order: Order) -> str:
    return reverse("admin:orders_order_refund", args=[order.pk])


def units(order: Order, count: Any) -> dict[str, Any]:
    return {f"quantity_{order.lines.get().pk}": count, "reason": "damaged"}


def again(answer: Any) -> dict[str, Any]:
    """What the preview's form sends."""
    return {**dict(answer.context["kept"]), "revision": answer.context["revision"], "do": "refund"}


def money(order: Order) -> tuple[Decimal, Decimal]:
    order.refresh_from_db()
    return order.total, order.refunded_total


def test_it_is_looked_at_first_and_then_done(client: Client) -> None:
    here = house()
    order = paid_order(here)
    line = order.lines.get()
    typed = units(order, 3) | {f"restock_{line.pk}": "on", "shipping": "2.50", "note": "Broken", "do": "preview"}

    with nothing_moves():
        form = client.get(url(order))
        told = client.post(url(order), typed)
    done = client.post(url(order), again(told), follow=True)

    assert [(each["choice"].left, str(each["choice"].worth)) for each in form.context["lines"]] == [(3, "$30.00")]
    assert [(row.label, str(row.amount)) for row in told.context["rows"]] == [
        (f"3 × Lamp {EVIL}", "$30.00"),
        ("Shipping", "$2.50"),
        ("Refund", "$32.50"),
    ]
    assert EVIL not in told.content.decode()
    assert told.context["tenders"] == ["$32.50 · Bank: it is asked to give it back."]
    assert told.context["restocked"] == ["2 × LAMP go on the shelf at W1."]
    assert told.context["remarks"] == [
        "1 × LAMP never left the shelf: they are not put there again, and stay reserved."
    ]
    assert [tuple(map(str, row)) for row in told.context["worth"]] == [
        ("The order is worth", "$36.00", "$3.50"),
        ("Paid, less what was refunded", "$36.00", "$3.50"),
        ("Balance", "$0.00", "$0.00"),
    ]
    assert messages_of(done) == ["$32.50 refunded (Bank)."]
    assert (money(order), here.sra("LAMP")) == ((Decimal("3.5"), Decimal("32.5")), (9, 1, 8))
    assert PaymentAttempt.objects.filter(act="refund").values_list("reason", "note").get() == ("damaged", "Broken")


def test_what_was_typed_is_there_again_to_be_changed(client: Client) -> None:
    order = paid_order(house())

    answer = client.post(url(order), units(order, 2) | {"note": "Ask", "do": "change"})

    (row,) = answer.context["lines"]
    assert (row["units"]["value"], answer.context["note"]["value"], answer.context["reason"]["value"]) == (
        "2",
        "Ask",
        "damaged",
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (4, "LAMP: 4 asked to be given back, 3 not given back yet."),
        ("two", "two is not a quantity."),
        (-1, "At least 1 is given back."),
    ],
)
def test_what_is_refused_stands_at_its_line(client: Client, typed: Any, sentence: str) -> None:
    order = paid_order(house())

    with nothing_moves():
        answer = client.post(url(order), units(order, typed) | {"do": "preview"})

    (row,) = answer.context["lines"]
    assert (row["units"]["value"], row["units"]["error"]) == (str(typed), sentence)


def test_nothing_comes_to_nothing_and_says_so(client: Client) -> None:
    order = paid_order(house())

    answer = client.post(url(order), {"reason": "goodwill", "do": "preview"})

    assert messages_of(answer)[0].startswith("This comes to nothing: ")


def test_who_looked_before_a_colleague_changed_the_order_looks_again(client: Client) -> None:
    order = paid_order(house())
    told = client.post(url(order), units(order, 1) | {"do": "preview"})
    notes.change_tags(order_id=order.pk, add=["vip"], actor=STAFF)

    with nothing_moves():
        stale = client.post(url(order), again(told))
    done = client.post(url(order), again(stale), follow=True)

    assert (stale.status_code, messages_of(done)) == (412, ["$10.00 refunded (Bank)."])


def test_pressed_twice_it_is_done_once(client: Client) -> None:
    order = paid_order(house())
    told = client.post(url(order), units(order, 1) | {"do": "preview"})

    client.post(url(order), again(told))
    second = client.post(url(order), again(told))

    assert (second.status_code, money(order)) == (412, (26, 10))


def test_a_bank_that_declines_is_told_and_nothing_was_given_back(client: Client) -> None:
    order = paid_order(house())
    told = client.post(url(order), units(order, 1) | {"do": "preview"})
    Bank.answers = [Outcome.DECLINED]

    answer = client.post(url(order), again(told), follow=True)

    assert messages_of(answer) == ["Nothing was refunded. Bank declined $10.00: The bank says no."]
    assert money(order) == (36, 0)
    assert client.get(url(order)).context["lines"][0]["choice"].left == 3


def test_cash_is_given_back_by_whoever_has_it(client: Client) -> None:
    order = placed_order(house(), {"LAMP": 1})
    collecting.mark_as_paid(order_id=order.pk, method="cash", actor=STAFF)

    told = client.post(url(order), {"amount": "4", "reason": "goodwill", "do": "preview"})

    assert told.context["tenders"] == [
        "$4.00 · cash · Cash, bank transfer, cash on delivery: give it back yourself, nobody else does."
    ]


def test_who_sees_one_location_puts_goods_on_its_shelves_only(client: Client) -> None:
    here = house()
    order = paid_order(here)
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "refund_payment"]))
    StaffLimits.objects.create(user=user, location_ids=[here.locations["W1"].pk])
    client.force_login(user)
    elsewhere = {f"restock_{order.lines.get().pk}": "on", "location_id": here.locations["W2"].pk}

    with nothing_moves():
        refused = client.post(url(order), units(order, 1) | elsewhere | {"do": "refund"})

    assert refused.status_code == 404


def test_it_costs_the_same_whatever_was_sold_and_given_back(client: Client) -> None:
    here = house()
    counts = []
    for sold in (1, 3):
        lines = [LineRequest(sku="LAMP", quantity=1, unit_price=Decimal(10)) for _ in range(sold)]
        order = placed_order(here, lines)
        pay_by_card(order)
        client.get(url(order))
        with CaptureQueriesContext(connection) as queries:
            client.get(url(order))
            client.post(url(order), {f"quantity_{line.pk}": 1 for line in order.lines.all()} | {"reason": "other"})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_an_order_that_was_paid_elsewhere_offers_nothing(client: Client) -> None:
    order = placed_order(house(), {"LAMP": 1})

    assert "can be given back from here" in client.get(url(order)).content.decode()
    assert client.get(page("orders_order", order.pk)).context["may_refund"] is False
