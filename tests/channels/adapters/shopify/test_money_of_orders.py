"""What the orders of a Shopify export cost, and what was paid of it: what its sums tell, trap by trap."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.models import Order
from tests.channels.adapters.shopify.outcome import brought_in, sums_of
from tests.channels.importing import rejects
from tests.channels.shopify_files import item, order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_new_york")]
D = Decimal


def test_whether_tax_is_in_the_prices_the_sums_tell(tmp_path):
    german = order(
        item("CHAIR", 1, "299.99"),
        name="#1",
        Taxes="47.90",
        Subtotal="299.99",
        Total="299.99",
        Tax_1_Name="DE MwSt 19%",
        Tax_1_Value="47.90",
    )
    american = order(item("SOFA", 1, "16292.00"), name="#2", Taxes="1466.28", Subtotal="16292.00", Total="17758.28")

    code, _ = brought_in(tmp_path, german, american)

    assert code == 0
    assert sums_of("550000001") == {
        "item_subtotal": "252.09",
        "tax_total": "47.90",
        "total": "299.99",
        "captured_total": "299.99",
    }
    assert sums_of("550000002") == {
        "item_subtotal": "16292.00",
        "tax_total": "1466.28",
        "total": "17758.28",
        "captured_total": "17758.28",
    }
    taxes = Order.objects.get(external_id="550000001").lines.get().tax_lines
    assert list(taxes.values_list("name", "rate", "amount")) == [("DE MwSt 19%", D(19), D("47.90"))]


def test_a_total_that_fits_with_tax_and_without_it_no_better_is_refused(tmp_path):
    code, _ = brought_in(tmp_path, order(Subtotal="10.00", Taxes="2.00", Total="15.00"))

    reason = (
        "Whether prices include tax cannot be told: Total is 15.00; Subtotal, Shipping and Duties are 10.00, with Taxes"
        " 12.00."
    )
    assert (code, Order.objects.count()) == (1, 0)
    assert rejects() == [(2, "Total", "550000001001", reason)]


def test_rounding_that_leaves_no_doubt_is_an_adjustment(tmp_path):
    cent = order(name="#1", Taxes="2.00", Total="12.01")
    cash = order(item("A", 1, "10.02"), name="#2", Taxes="1.60", Total="10.00", Currency="CHF")

    brought_in(tmp_path, cent, cash)

    assert sums_of("550000001") == {
        "item_subtotal": "10.00",
        "tax_total": "2.00",
        "adjustment_total": "0.01",
        "total": "12.01",
        "captured_total": "12.01",
    }
    assert sums_of("550000002") == {
        "item_subtotal": "8.42",
        "tax_total": "1.60",
        "adjustment_total": "-0.02",
        "total": "10.00",
        "captured_total": "10.00",
    }


def test_several_taxes_are_shared_by_the_lines_that_are_taxable_and_by_shipping_where_the_rate_says_so(tmp_path):
    rows = order(
        item("A", 1, "10.00"),
        item("B", 1, "30.00"),
        item("BOOK", 1, "20.00", taxable="false"),
        Subtotal="60.00",
        Shipping="10.00",
        Taxes="7.13",
        Total="77.13",
        Shipping_Method="Post",
        Tax_1_Name="GST 5%",
        Tax_1_Value="2.50",
        Tax_2_Name="PST 7%",
        Tax_2_Value="2.80",
        Tax_3_Name="City",
        Tax_3_Value="1.00",
    )

    code, _ = brought_in(tmp_path, rows)

    found = Order.objects.get()
    assert code == 0
    taxes = found.tax_lines.values_list("name", "line__sku", "shipping_line__name", "amount")
    assert sorted(taxes, key=str) == sorted(
        [
            ("GST 5%", "A", None, D("0.50")),
            ("GST 5%", "B", None, D("1.50")),
            ("GST 5%", None, "Post", D("0.50")),
            ("PST 7%", "A", None, D("0.70")),
            ("PST 7%", "B", None, D("2.10")),
            ("City", "A", None, D("0.25")),
            ("City", "B", None, D("0.75")),
            ("Taxes", "A", None, D("0.21")),
            ("Taxes", "B", None, D("0.62")),
        ],
        key=str,
    )
    assert (found.tax_total, found.adjustment_total) == (D("7.13"), 0)


@pytest.mark.parametrize(
    ("discount", "own", "shipping", "subtotal", "total", "expected"),
    [
        pytest.param("3.00", "0.00", "4.99", "27.00", "31.99", ("4.99", "3.00"), id="the order's alone"),
        pytest.param("3.00", "1.00", "4.99", "26.00", "30.99", ("4.99", "4.00"), id="beside a line's own"),
        pytest.param("3.00", "1.00", "4.99", "27.00", "31.99", ("4.99", "3.00"), id="with a line's own in it"),
        pytest.param("0.00", "1.00", "4.99", "29.00", "33.99", ("4.99", "1.00"), id="a line's alone"),
        pytest.param("0.00", "1.00", "4.99", "30.00", "34.99", ("4.99", "0.00"), id="a line's, in its price already"),
        pytest.param("4.99", "0.00", "0.00", "30.00", "30.00", ("4.99", "4.99"), id="free shipping, shown as 0"),
        pytest.param("4.99", "0.00", "4.99", "30.00", "30.00", ("4.99", "4.99"), id="free shipping, shown as before"),
        pytest.param("7.99", "0.00", "0.00", "27.00", "27.00", ("4.99", "7.99"), id="goods and shipping"),
    ],
)
def test_where_a_discount_was_taken_off_the_sums_tell(tmp_path, discount, own, shipping, subtotal, total, expected):
    rows = order(
        item("A", 2, "10.00", discount=own),
        item("B", 1, "10.00"),
        Discount_Code="SAVE",
        Discount_Amount=discount,
        Shipping=shipping,
        Subtotal=subtotal,
        Total=total,
    )

    code, _ = brought_in(tmp_path, rows)

    found = Order.objects.get()
    assert code == 0
    assert (found.item_subtotal, found.adjustment_total, found.total) == (D(30), 0, D(total))
    assert (found.shipping_subtotal, found.discount_total) == tuple(map(D, expected))
    assert set(found.adjustments.exclude(code="").values_list("kind", "code")) <= {("discount", "SAVE")}


def test_sums_that_nothing_explains_keep_the_source_total_and_name_the_difference(tmp_path):
    code, _ = brought_in(tmp_path, order(item("A", 3, "10.00"), Subtotal="21.00", Total="21.00"))

    assert code == 0
    assert sums_of() == {
        "item_subtotal": "30.00",
        "adjustment_total": "-9.00",
        "total": "21.00",
        "captured_total": "21.00",
    }
    assert list(Order.objects.get().adjustments.values_list("kind", "amount")) == [("source_difference", D(-9))]
    assert Order.objects.get().metadata["subtotal"] == "21.00"


def test_tips_and_gift_cards_are_no_goods_and_duties_are_a_fee(tmp_path):
    rows = order(
        item("MUG", 1, "20.00"),
        item("", 1, "25.00", name="Gift Card - $25", requires_shipping="false", taxable="false"),
        item("", 1, "3.00", name="Tip", requires_shipping="false", taxable="false"),
        item("PDF", 1, "5.00", name="Manual", requires_shipping="false"),
        Subtotal="50.00",
        Duties="7.00",
        Taxes="2.00",
        Total="62.00",
        Tax_1_Name="VAT 8%",
        Tax_1_Value="2.00",
    )

    code, _ = brought_in(tmp_path, rows)

    found = Order.objects.get()
    assert code == 0
    assert list(found.lines.order_by("position").values_list("kind", "title", "requires_shipping", "total")) == [
        ("goods", "The MUG", True, D("21.60")),
        ("gift_card", "Gift Card - $25", False, D("25.00")),
        ("fee", "Tip", False, D("3.00")),
        ("goods", "Manual", False, D("5.40")),
        ("fee", "Duties", False, D("7.00")),
    ]
    assert (found.total, found.adjustment_total, found.units_open) == (D("62.00"), 0, 3)


def test_the_financial_status_says_what_was_taken(tmp_path):
    cases: list[tuple[str, dict[str, str], tuple[str, ...]]] = [
        ("paid", {}, ("captured", "10.00", "0.00", "0.00", "0.00")),
        ("paid", {"Paid_at": "", "Outstanding_Balance": "10.00"}, ("captured", "10.00", "0.00", "0.00", "0.00")),
        ("paid", {"Outstanding_Balance": "0.01"}, ("captured", "10.00", "0.00", "0.00", "0.00")),
        ("pending", {"Outstanding_Balance": "10.00"}, ("not_paid", "0.00", "0.00", "0.00", "10.00")),
        ("authorized", {"Outstanding_Balance": "10.00"}, ("authorized", "0.00", "0.00", "0.00", "10.00")),
        ("partially_paid", {"Outstanding_Balance": "4.00"}, ("partially_captured", "6.00", "0.00", "0.00", "4.00")),
        (
            "partially_refunded",
            {"Refunded_Amount": "2.50"},
            ("partially_refunded", "10.00", "2.50", "2.50", "0.00"),
        ),
        ("refunded", {"Refunded_Amount": "10.00"}, ("refunded", "10.00", "10.00", "10.00", "0.00")),
        ("refunded", {"Refunded_Amount": "0.00"}, ("refunded", "10.00", "10.00", "10.00", "0.00")),
        ("Partially refunded", {"Refunded_Amount": "1.00"}, ("partially_refunded", "10.00", "1.00", "1.00", "0.00")),
        ("pending", {"Refunded_Amount": "4.00"}, ("not_paid", "0.00", "0.00", "4.00", "6.00")),
        ("voided", {}, ("not_paid", "0.00", "0.00", "0.00", "10.00")),
    ]

    code, _ = brought_in(
        tmp_path,
        *(order(name=f"#{10 + index}", Financial_Status=case[0], **case[1]) for index, case in enumerate(cases)),
    )

    found = list(Order.objects.order_by("external_id"))
    amounts = [(each.captured_total, each.refunded_total, each.credit_total, each.balance.amount) for each in found]
    assert code == 0
    assert [
        (each.payment_status, *(str(amount.quantize(D("0.01"))) for amount in sums))
        for each, sums in zip(found, amounts, strict=True)
    ] == [expected for _, _, expected in cases]
    assert [each.metadata.get("outstanding_balance") for each in found] == [
        fields.get("Outstanding_Balance") for _, fields, _ in cases
    ]


def test_a_refund_without_lines_is_a_credit_line_with_its_reason(tmp_path):
    brought_in(tmp_path, order(Financial_Status="partially_refunded", Refunded_Amount="2.50"))

    found = Order.objects.get()
    assert list(found.credit_lines.values_list("amount", "reason", "reference")) == [
        (D("2.50"), "imported_refund", "#1001")
    ]
    assert list(found.payments.values_list("captured", "refunded")) == [(D(10), D("2.50"))]


def test_a_canceled_order_is_worth_nothing_any_more(tmp_path):
    at = "2025-05-12 08:00:00 -0400"
    voided = order(name="#1", Cancelled_at=at, Financial_Status="voided")
    refunded = order(name="#2", Cancelled_at=at, Financial_Status="refunded", Refunded_Amount="10.00")
    kept = order(name="#3", Cancelled_at=at, Financial_Status="partially_refunded", Refunded_Amount="4.00")

    code, answer = brought_in(tmp_path, voided, refunded, kept, stock="update")

    found = Order.objects.order_by("external_id")
    assert (code, answer["totals"]) == (0, {"USD": "30.00"})
    assert [
        (each.status, each.payment_status, each.total, each.refunded_total, each.balance.amount) for each in found
    ] == [
        ("canceled", "canceled", 0, 0, 0),
        ("canceled", "refunded", 0, D(10), 0),
        ("canceled", "partially_refunded", 0, D(4), D(-6)),
    ]
    assert {each.canceled_at.isoformat() for each in found} == {"2025-05-12T12:00:00+00:00"}


def test_an_order_with_everything_taken_off_is_a_sale_of_nothing(tmp_path):
    free = order(item("A", 2), Subtotal="0.00", Total="0.00", Discount_Code="ALL", Discount_Amount="20.00")
    gift = order(item("B", 1, "0.00"), name="#1002")

    code, answer = brought_in(tmp_path, free, gift)

    assert (code, answer["sales"]["count"], answer["samples"]["count"]) == (0, 1, 1)
    assert sums_of() == {"item_subtotal": "20.00", "discount_total": "20.00"}
