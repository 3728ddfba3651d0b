"""The names that clients of the contract read. What its server has and this one does not is null, never missing."""

from __future__ import annotations

from tests.api import Api, order_body
from tests.scenarios import shop

LISTED = """
id display_id custom_display_id status version summary total metadata locale created_at updated_at items
payment_status fulfillment_status
"""
ORDER = """
id display_id custom_display_id status version summary total metadata locale created_at updated_at region_id
subtotal tax_total discount_total discount_tax_total original_total original_subtotal original_tax_total
item_total item_subtotal item_tax_total original_item_total original_item_subtotal original_item_tax_total
shipping_total shipping_subtotal shipping_tax_total original_shipping_tax_total original_shipping_subtotal
original_shipping_total credit_line_total credit_line_subtotal credit_line_tax_total items credit_lines
shipping_address billing_address shipping_methods payment_collections fulfillments payment_status
fulfillment_status
"""
ITEM = """
id title subtitle thumbnail variant_id product_id product_title product_description product_subtitle
product_type product_type_id product_collection product_handle variant_sku variant_barcode variant_title
variant_option_values requires_shipping is_giftcard is_discountable is_tax_inclusive is_custom_price metadata
created_at updated_at deleted_at tax_lines adjustments compare_at_unit_price unit_price quantity
line_item_metadata detail subtotal total original_subtotal original_total discount_subtotal discount_tax_total
discount_total tax_total original_tax_total refundable_total_per_unit refundable_total fulfilled_total
shipped_total return_requested_total return_received_total return_dismissed_total write_off_total
"""
DETAIL = """
id version metadata order_id created_at updated_at deleted_at item_id unit_price compare_at_unit_price
quantity fulfilled_quantity delivered_quantity shipped_quantity return_requested_quantity
return_received_quantity return_dismissed_quantity written_off_quantity
"""
METHOD = """
id name description is_tax_inclusive is_custom_amount shipping_option_id data metadata created_at updated_at
deleted_at tax_lines adjustments amount order_id subtotal total original_subtotal original_total
discount_total discount_subtotal discount_tax_total tax_total original_tax_total
"""
ADDRESS = """
id customer_id company first_name last_name address_1 address_2 city country_code province postal_code phone
metadata created_at updated_at deleted_at
"""
COLLECTION = """
id currency_code completed_at status metadata created_at updated_at deleted_at payments amount
authorized_amount captured_amount refunded_amount
"""
PAYMENT = """
id currency_code provider_id data metadata captured_at canceled_at payment_collection_id created_at updated_at
deleted_at payment_session_id refunds captures amount
"""
SUMMARY = """
paid_total refunded_total accounting_total credit_line_total transaction_total pending_difference
current_order_total original_order_total
"""


def _missing(names, told):
    return [name for name in names.split() if name not in told]


def test_an_order_has_every_name_that_clients_read(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    body = order_body(
        {"LAMP": 2},
        sales_channel=where.channel.code,
        shipping_address={"first_name": "Ada", "country_code": "gb"},
        shipping_methods=[{"name": "Standard", "amount": 5}],
        payments=[{"amount": 25}],
    )

    placed = api.post("/admin/orders", body).json()["order"]
    listed = api.get("/admin/orders").json()["orders"][0]
    order = api.get(f"/admin/orders/{placed['id']}").json()["order"]

    told = {
        "list": _missing(LISTED, listed),
        "order": _missing(ORDER, order),
        "summary": _missing(SUMMARY, order["summary"]),
        "item": _missing(ITEM, order["items"][0]),
        "item of a list": _missing(ITEM, listed["items"][0]),
        "detail": _missing(DETAIL, order["items"][0]["detail"]),
        "shipping method": _missing(METHOD, order["shipping_methods"][0]),
        "address": _missing(ADDRESS, order["shipping_address"]),
        "payment collection": _missing(COLLECTION, order["payment_collections"][0]),
        "payment": _missing(PAYMENT, order["payment_collections"][0]["payments"][0]),
    }
    assert {name: missing for name, missing in told.items() if missing} == {}


def test_statuses_and_currencies_are_written_as_clients_expect(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()

    placed = api.post(
        "/admin/orders", order_body({"LAMP": 2}, sales_channel=where.channel.code, payments=[{"amount": 20}])
    ).json()["order"]
    order = api.get(f"/admin/orders/{placed['id']}").json()["order"]

    assert (order["currency_code"], order["payment_status"]) == ("usd", "captured")
    assert (order["payment_collections"][0]["status"], order["total"]) == ("completed", 20)
    assert order["created_at"].endswith("Z")
    assert len(order["created_at"]) == len("2026-11-22T23:51:16.914Z")
