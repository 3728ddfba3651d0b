"""What becomes of the orders of a Shopify export, trap by trap."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from orders.models import Order, OrderAddress
from tests.channels.adapters.shopify.outcome import brought_in, lines_of, sums_of
from tests.channels.importing import rejects
from tests.channels.shopify_files import HEADER, OLD_HEADER, drawn, item, money, order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_new_york")]
D = Decimal


def test_an_order_is_what_its_rows_say_together(tmp_path):
    rows = order(
        item("LAMP", 2, "20.00", taxable="true", fulfillment_status="fulfilled"),
        item("MUG", 1, "12.50", compare_at_price="15.00"),
        Subtotal="52.50",
        Shipping="5.00",
        Taxes="4.20",
        Total="61.70",
        Shipping_Method="Standard",
        Fulfillment_Status="partial",
        Tax_1_Name="MA State Tax 8%",
        Tax_1_Value="4.20",
        Shipping_Name="Grace Hopper",
        Shipping_Street="2 Example Lane, Flat 3",
        Shipping_Address1="2 Example Lane",
        Shipping_Address2="Flat 3",
        Shipping_City="Sampleton",
        Shipping_Zip="01234",
        Shipping_Country="Germany",
        Shipping_Phone="'+49 30 123",
        Notes='Ring "twice",\nplease',
        Note_Attributes="gift: yes\nmessage: Dear Ada\nall the best",
        Tags="vip, first order, vip",
        Employee="Kim",
        Location="Main Street",
        Device_ID="7",
        Payment_References="r1.1",
    )

    code, answer = brought_in(tmp_path, rows)

    found = Order.objects.get()
    assert (code, answer["format"], answer["sales"]["lines"], answer["totals"]) == (0, "shopify", 2, {"USD": "61.70"})
    assert (found.external_id, found.placed_at.isoformat(), found.email, found.customer.email) == (
        "550000001001",
        "2025-05-11T13:55:16+00:00",
        "ada@example.org",
        "ada@example.org",
    )
    assert lines_of() == [("goods", "LAMP", 2, D("43.20"), 2), ("goods", "MUG", 1, D("13.50"), 0)]
    assert sums_of() == {
        "item_subtotal": "52.50",
        "shipping_subtotal": "5.00",
        "tax_total": "4.20",
        "total": "61.70",
        "captured_total": "61.70",
    }
    assert (found.status, found.payment_status, found.fulfillment_status, found.prices_include_tax) == (
        "pending",
        "captured",
        "partially_shipped",
        False,
    )
    assert list(found.payments.values_list("method", "reference", "captured_at__minute")) == [
        ("Shopify Payments", "ref#1001", 56)
    ]
    fields = ("kind", "first_name", "last_name", "address_1", "address_2", "postal_code", "province", "country_code")
    assert list(OrderAddress.objects.order_by("kind").values_list(*fields, "country_name", "phone")) == [
        ("billing", "Ada King", "Lovelace", "1 Example Road", "", "02110", "MA", "us", "", ""),
        ("shipping", "Grace", "Hopper", "2 Example Lane", "Flat 3", "01234", "", "de", "Germany", "+49 30 123"),
    ]
    assert [note.body for note in found.notes.all()] == ['Ring "twice",\nplease']
    assert found.tags == ["vip", "first order"]
    assert found.metadata == {
        "name": "#1001",
        "accepts_marketing": "no",
        "device_id": "7",
        "employee": "Kim",
        "financial_status": "paid",
        "fulfillment_status": "partial",
        "location": "Main Street",
        "payment_method": "Shopify Payments",
        "payment_references": "r1.1",
        "risk_level": "Low",
        "source": "web",
        "note_attributes": {"gift": "yes", "message": "Dear Ada\nall the best"},
    }
    assert found.lines.get(sku="MUG").metadata == {"vendor": "Example & Co", "compare_at_price": "15.00"}
    assert list(found.shipping_lines.values_list("name", "total")) == [("Standard", D(5))]


def test_orders_drawn_by_lot_come_out_as_the_model_says(tmp_path):
    chance = random.Random(20250511)
    models = [drawn(number, chance) for number in range(2000, 2120)]

    code, answer = brought_in(tmp_path, *(model.rows for model in models))

    found = {
        each.external_id: (
            each.original_total,
            each.tax_total,
            each.adjustment_total,
            each.captured_total,
            each.refunded_total,
            each.credit_total,
            each.status == "canceled",
            each.prices_include_tax,
            [(line.sku, line.quantity, line.unit_price) for line in each.lines.filter(kind="goods")],
        )
        for each in Order.objects.all()
    }
    assert (code, answer["rejects"]) == (0, 0)
    assert answer["totals"] == {"USD": money(sum(model.total for model in models))}
    assert found == {
        model.external_id: (
            D(model.total) / 100,
            D(model.tax) / 100,
            0,
            D(model.captured) / 100,
            D(model.refunded) / 100,
            D(model.total if model.is_canceled else model.refunded) / 100,
            model.is_canceled,
            model.inclusive,
            [(sku, quantity, D(price) / 100) for sku, quantity, price in model.lines],
        )
        for model in models
    }


def test_the_same_sku_on_three_lines_and_a_line_without_one_stay_lines(tmp_path):
    rows = order(item("A", 1, "1.00"), item("A", 1, "1.00"), item("A", 3, "1.00"), item("", 2, "4.00", name="Wrapping"))

    code, _ = brought_in(tmp_path, rows)

    assert code == 0
    assert [line[1:3] for line in lines_of()] == [("A", 1), ("A", 1), ("A", 3), ("", 2)]
    assert Order.objects.get().lines.get(sku="").title == "Wrapping"


def test_a_name_that_comes_twice_is_two_orders_wherever_their_rows_are(tmp_path):
    first = order(item("A"), item("B"), Id="1")
    second = order(item("C"), item("D"), Id="2", Created_at="2025-06-01 08:00:00 -0400")

    code, answer = brought_in(tmp_path, [first[0], second[0]], order(name="#1002"), [second[1], first[1]])

    assert (code, answer["sales"]["count"]) == (0, 3)
    assert [[line[1] for line in lines_of(number)] for number in ("1", "2")] == [["A", "B"], ["C", "D"]]


def test_without_an_id_an_order_is_known_by_name_and_instant(tmp_path):
    header = [name for name in HEADER if name != "Id"]
    summer = order(item("A"), item("B"))
    winter = order(Created_at="2025-12-11 09:55:16 -0500")
    again = order(item("A"), item("B"), Created_at="2025-05-11 15:55:16 +0200")

    code, answer = brought_in(tmp_path, summer, winter, header=header)
    _, moved = brought_in(tmp_path, again, header=header)

    assert (code, answer["sales"]["count"], moved["created"], moved["revised"]) == (0, 2, 0, 1)
    assert sorted(Order.objects.values_list("external_id", flat=True)) == [
        "#1001 2025-05-11T13:55:16Z",
        "#1001 2025-12-11T14:55:16Z",
    ]


def test_a_row_that_may_be_of_two_orders_is_refused_alone(tmp_path):
    first, second = order(item("A"), item("B"), Id="1"), order(Id="2", Created_at="2025-06-01 08:00:00 -0400")
    first[1]["Created at"] = ""

    code, answer = brought_in(tmp_path, [first[0]], second, order(name="#1002"), [first[1]])

    assert (code, answer["sales"]["count"]) == (1, 3)
    reason = "There are several orders called #1001; of which this row is cannot be told."
    assert rejects() == [(5, "Name", "#1001", reason)]


def test_fields_that_stand_on_every_row_are_said_once_and_must_agree(tmp_path):
    rows = order(item("A"), item("B"), Total="20.00", Subtotal="20.00")
    agreed = [rows[0], rows[0] | item("B")]
    torn = [row | {"Name": "#1002", "Id": "2"} for row in agreed]
    torn[1]["Total"] = "30.00"

    code, answer = brought_in(tmp_path, agreed, torn)

    assert (code, answer["totals"]) == (1, {"USD": "20.00"})
    assert rejects() == [(5, "Total", "2", "The order says '30.00' here and '20.00' in line 4.")]


def test_the_order_of_a_row_whose_first_one_is_missing_is_refused(tmp_path):
    code, _ = brought_in(tmp_path, order(item("A"), item("B"))[1:], order(name="#1002"))

    assert code == 1
    assert rejects() == [
        (2, "Total", "#1001 2025-05-11T13:55:16Z", "No row of #1001 has a Total: its first row is missing.")
    ]


def test_times_carry_their_offset(tmp_path):
    times = {
        "2025-11-02 01:30:00 -0400": "2025-11-02T05:30:00+00:00",  # the hour that comes twice: the offset tells
        "2025-11-02 01:30:00 -0500": "2025-11-02T06:30:00+00:00",
        "2025-05-11T09:55:16+05:30": "2025-05-11T04:25:16+00:00",
        "2025-05-11 09:55:16 UTC": "2025-05-11T09:55:16+00:00",
        "2025-05-11 09:55": "2025-05-11T13:55:00+00:00",  # without an offset: the channel's zone
    }

    brought_in(tmp_path, *(order(name=f"#{index}", Created_at=local) for index, local in enumerate(times)))

    found = Order.objects.order_by("external_id")
    assert [each.placed_at.isoformat() for each in found] == list(times.values())


def test_what_was_sent_stays_sent_when_the_order_is_canceled(tmp_path):
    sent = item("A", 1, fulfillment_status="fulfilled")
    rows = order(sent, Fulfillment_Status="fulfilled", Cancelled_at="2025-05-12 08:00:00 -0400")

    code, _ = brought_in(tmp_path, rows)

    found = Order.objects.get()
    assert (code, found.status, found.total, found.balance.amount) == (0, "canceled", 0, D(-10))
    assert lines_of() == [("goods", "A", 1, D(10), 1)]


def test_whole_numbers_that_a_program_wrote_as_floats_are_read(tmp_path):
    [row] = order(item("A", 2), Id="5500000001.0")

    code, _ = brought_in(tmp_path, [row | {"Lineitem quantity": "2.0"}])

    assert (code, lines_of("5500000001")) == (0, [("goods", "A", 2, D(20), 0)])


def test_a_test_order_is_kept_and_inert(tmp_path):
    bogus = order(name="#1", Payment_Method="(for testing) Bogus Gateway")
    marked = order(name="#2", Test="true", Financial_Status="refunded", Refunded_Amount="10.00")

    code, _ = brought_in(tmp_path, bogus, marked, header=[*HEADER, "Test"], stock="update")

    assert code == 0
    assert [
        (each.status, each.payment_status, each.total, each.balance.amount, each.cancel_reason, each.metadata["test"])
        for each in Order.objects.all()
    ] == [("canceled", "canceled", 0, 0, "other", True)] * 2


def test_what_is_sent_the_order_says_or_else_the_line(tmp_path):
    cases = [
        ("fulfilled", "fulfilled", (2, "completed", "shipped")),
        ("fulfilled", "pending", (2, "completed", "shipped")),
        ("fulfilled", "", (2, "completed", "shipped")),
        ("partial", "fulfilled", (2, "completed", "shipped")),
        ("partial", "partial", (0, "pending", "not_fulfilled")),
        ("unfulfilled", "pending", (0, "pending", "not_fulfilled")),
        ("", "", (0, "pending", "not_fulfilled")),
        ("restocked", "restocked", (0, "pending", "not_fulfilled")),
    ]

    brought_in(
        tmp_path,
        *(
            order(item("A", 2, "5.00", fulfillment_status=line), name=f"#{index}", Fulfillment_Status=whole)
            for index, (whole, line, _) in enumerate(cases)
        ),
    )

    found = Order.objects.order_by("external_id")
    assert [(each.lines.get().quantity_fulfilled, each.status, each.fulfillment_status) for each in found] == [
        sent for _, _, sent in cases
    ]


def test_a_line_taken_off_by_an_edit_is_left_out(tmp_path):
    code, _ = brought_in(tmp_path, order(item("A", 1, "10.00"), item("B", 0, "10.00")))

    assert (code, [line[1] for line in lines_of()]) == (0, ["A"])


def test_old_files_have_fewer_columns(tmp_path):
    code, answer = brought_in(tmp_path, order(item("A"), item("B")), order(name="#1002"), header=OLD_HEADER)

    assert (code, len(OLD_HEADER), answer["sales"]["lines"]) == (0, 56, 3)
    assert set(Order.objects.values_list("external_id", flat=True)) == {
        "#1001 2025-05-11T13:55:16Z",
        "#1002 2025-05-11T13:55:16Z",
    }


def test_old_titles_of_columns_count_where_the_present_ones_are_not_there(tmp_path):
    header = [
        {"Cancelled at": "Canceled at", "Lineitem sku": "Lineitem SKU", "Tags": "Payment Reference (deprecated)"}.get(
            name, name
        )
        for name in HEADER
    ]
    rows = order(**{"Canceled at": "2025-05-12 08:00:00 -0400", "Payment Reference (deprecated)": "old"})
    rows[0]["Lineitem SKU"] = "LAMP"

    code, _ = brought_in(tmp_path, rows, header=header)

    found = Order.objects.get()
    assert (code, found.status, found.lines.get().sku, found.payments.get().reference) == (
        0,
        "canceled",
        "LAMP",
        "ref#1001",
    )


def test_the_currency_is_that_of_the_shop_or_else_of_the_channel(tmp_path):
    yen = order(item("A", 1, "1000"), name="#1", Currency="jpy", Subtotal="1000", Total="1000.00")
    none = order(name="#2", Currency="")

    code, answer = brought_in(tmp_path, yen, none)

    assert (code, answer["totals"]) == (0, {"JPY": "1000", "USD": "10.00"})


def test_what_cannot_be_read_is_refused_with_line_and_column_and_nothing_of_it_is_kept(tmp_path):
    cases: list[tuple[dict[str, str], str, str]] = [
        ({"Total": "1,234.00"}, "Total", "'1,234.00' is not an amount such as 1234.50: digits and a point, no signs"),
        ({"Total": "$10.00"}, "Total", "'$10.00' is not an amount"),
        ({"Shipping": "4,99"}, "Shipping", "'4,99' is not an amount"),
        ({"Subtotal": "-1.00"}, "Subtotal", "An amount of -1.00 is not possible."),
        ({"Total": "10.005"}, "Total", "10.005 has more decimals than USD."),
        ({"Total": ""}, "Total", "No row of #15 has a Total: its first row is missing."),
        ({"Currency": "EURO"}, "Currency", "'EURO' is not an ISO 4217 currency code."),
        ({"Created at": "5/11/2025 9:55"}, "Created at", "'5/11/2025 9:55' is not a time such as 2025-05-11"),
        ({"Created at": "2025-02-30 09:55:16 -0400"}, "Created at", "'2025-02-30 09:55:16 -0400' is not a time"),
        ({"Created at": ""}, "Created at", "The time of the order is empty."),
        ({"Cancelled at": "yes"}, "Cancelled at", "'yes' is not a time"),
        ({"Id": "5.5E+12"}, "Id", "'5.5E+12' is not the number of an order; a spreadsheet may have rounded it."),
        ({"Financial Status": "odd"}, "Financial Status", "'odd' is not known: authorized, expired, paid, partially"),
        ({"Financial Status": ""}, "Financial Status", "'' is not known"),
        ({"Fulfillment Status": "odd"}, "Fulfillment Status", "'odd' is not known"),
        (
            {"Financial Status": "partially_paid", "Outstanding Balance": ""},
            "Outstanding Balance",
            "The order is paid in part, and the file does not say how much.",
        ),
        ({"Financial Status": "partially_refunded"}, "Refunded Amount", "The order is refunded in part, and the file"),
        ({"Refunded Amount": "11.00"}, "Refunded Amount", "The credit lines are larger than what the order is worth."),
        ({"Email": "ada at home"}, "Email", "'ada at home' is no e-mail address."),
        ({"Tags": "x" * 61}, "Tags", "A tag is longer than 60 characters."),
        ({"Lineitem quantity": "1.5"}, "Lineitem quantity", "'1.5' is not a whole number."),
        ({"Lineitem quantity": ""}, "Lineitem quantity", "'' is not a whole number."),
        ({"Lineitem quantity": "0"}, "Lineitem quantity", "The order has no line."),
        ({"Lineitem price": ""}, "Lineitem price", "The price is empty."),
        ({"Lineitem sku": "x" * 101}, "Lineitem sku", "This is longer than 100 characters."),
        ({"Lineitem sku": "", "Lineitem name": ""}, "Lineitem name", "The line has neither name nor sku."),
        ({"Lineitem discount": "11.00"}, "Lineitem discount", "11.00 is taken off 10.00."),
        ({"Name": ""}, "Name", "The name of the order is empty."),
    ]
    orders = [order(name=f"#{10 + index}") for index in range(len(cases))]
    for [head], (fields, _, _) in zip(orders, cases, strict=True):
        head |= fields

    code, answer = brought_in(tmp_path, *orders, order(name="#1"))

    found = [(line, column, reason) for line, column, _, reason in rejects()]
    assert (code, answer["created"], Order.objects.count()) == (1, 1, 1)
    assert [
        (line, column, reason[: len(said)]) for (line, column, reason), (_, _, said) in zip(found, cases, strict=True)
    ] == [(line, column, said) for line, (_, column, said) in enumerate(cases, start=2)]
