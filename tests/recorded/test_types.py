"""Names that the types of the SDK promise beside what was recorded. What this system has no notion of is null."""

from __future__ import annotations

from tests.api import Api, order_body
from tests.scenarios import shop

ORDER = """
id version region_id customer_id sales_channel_id email currency_code display_id custom_display_id status
shipping_address billing_address items shipping_methods payment_collections payment_status fulfillments
fulfillment_status summary metadata created_at updated_at original_item_total original_item_subtotal
original_item_tax_total item_total item_subtotal item_tax_total item_discount_total original_total original_subtotal
original_tax_total total subtotal tax_total discount_total discount_tax_total gift_card_total gift_card_tax_total
shipping_total shipping_subtotal shipping_tax_total shipping_discount_total original_shipping_total
original_shipping_subtotal original_shipping_tax_total credit_line_total customer
"""
TAX_LINE = "id description code rate total created_at updated_at"
ADJUSTMENT = "id code amount description created_at updated_at"
FULFILLMENT = """
id location_id packed_at shipped_at delivered_at canceled_at requires_shipping data provider_id shipping_option_id
metadata created_at created_by marked_shipped_by updated_at items labels deleted_at
"""
PACKED = """
id title quantity sku barcode line_item_id inventory_item_id fulfillment_id created_at updated_at deleted_at
"""
LABEL = "id tracking_number tracking_url label_url fulfillment_id created_at updated_at deleted_at"
CUSTOMER = """
id email default_billing_address_id default_shipping_address_id company_name first_name last_name addresses phone
metadata created_by deleted_at created_at updated_at has_account
"""
RESERVATION = """
id line_item_id location_id quantity external_id description inventory_item_id inventory_item metadata created_by
deleted_at created_at updated_at
"""
LOCATION = "id name metadata address_id address"
ADDRESS = "id address_1 address_2 company country_code city phone postal_code province metadata"
LEVEL = """
id created_at updated_at deleted_at inventory_item_id location_id stocked_quantity reserved_quantity
incoming_quantity metadata available_quantity
"""
ITEM = """
id sku origin_country hs_code requires_shipping mid_code material unit_of_measure weight length height width title
description thumbnail metadata location_levels stocked_quantity reserved_quantity
"""
CHANNEL = "id name description is_disabled metadata created_at updated_at deleted_at"
KEY = "id token redacted title type last_used_at created_by created_at updated_at revoked_by revoked_at deleted_at"


def _missing(names, told):
    return [name for name in names.split() if name not in told]


def test_every_name_of_the_types_is_told(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    body = order_body(
        {"LAMP": 2}, sales_channel=where.channel.code, email="ada@example.com", discounts=[{"code": "TEN", "amount": 2}]
    )
    body["items"][0]["tax_lines"] = [{"name": "VAT", "rate": 10}]
    here = f"/admin/orders/{api.post('/admin/orders', body).json()['order']['id']}"
    items = [{"id": line["id"], "quantity": 2} for line in api.get(here).json()["order"]["items"]]
    reservation = api.get("/admin/reservations").json()["reservations"][0]
    parcel = api.post(f"{here}/fulfillments", {"items": items}).json()["order"]["fulfillments"][0]["id"]
    labels = [{"tracking_number": "1Z"}]

    order = api.post(f"{here}/fulfillments/{parcel}/shipments", {"labels": labels}).json()["order"]
    location = api.get("/admin/stock-locations").json()["stock_locations"][0]
    item = api.get("/admin/inventory-items").json()["inventory_items"][0]
    channel = api.get("/admin/sales-channels").json()["sales_channels"][0]
    key = api.get("/admin/api-keys").json()["api_keys"][0]

    told = {
        "order": _missing(ORDER, order),
        "tax line": _missing(TAX_LINE, order["items"][0]["tax_lines"][0]),
        "adjustment": _missing(ADJUSTMENT, order["items"][0]["adjustments"][0]),
        "customer": _missing(CUSTOMER, order["customer"]),
        "fulfillment": _missing(FULFILLMENT, order["fulfillments"][0]),
        "packed item": _missing(PACKED, order["fulfillments"][0]["items"][0]),
        "label": _missing(LABEL, order["fulfillments"][0]["labels"][0]),
        "reservation": _missing(RESERVATION, reservation),
        "location": _missing(LOCATION, location),
        "address": _missing(ADDRESS, location["address"]),
        "item": _missing(ITEM, item),
        "level": _missing(LEVEL, item["location_levels"][0]),
        "channel": _missing(CHANNEL, channel),
        "key": _missing(KEY, key),
    }
    assert {name: missing for name, missing in told.items() if missing} == {}
