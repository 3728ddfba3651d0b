"""An order over HTTP, from its placing to its parcel, as the contract's clients drive it."""

from __future__ import annotations

from tests.api import Api, order_body, pointers, problem
from tests.scenarios import recorded_events, shop


def _placed(api, where, lines, **fields):
    answer = api.post("/admin/orders", order_body(lines, sales_channel=where.channel.code, **fields))
    assert answer.status_code == 200, answer.content
    return api.get(f"/admin/orders/{answer.json()['order']['id']}").json()["order"]


def _items(order):
    return [{"id": item["id"], "quantity": item["quantity"]} for item in order["items"]]


def test_an_order_is_placed_packed_shipped_and_delivered(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    order = _placed(api, where, {"LAMP": 2})
    here = f"/admin/orders/{order['id']}"

    packed = api.post(f"{here}/fulfillments", {"items": _items(order)}).json()["order"]
    parcel = f"{here}/fulfillments/{packed['fulfillments'][0]['id']}"
    labels = [{"tracking_number": "1Z999", "tracking_url": "https://example.com/1Z999", "label_url": ""}]
    shipped = api.post(f"{parcel}/shipments", {"items": _items(order), "labels": labels}).json()["order"]
    delivered = api.post(f"{parcel}/mark-as-delivered").json()["order"]

    stages = [each["fulfillment_status"] for each in (order, packed, shipped, delivered)]
    assert stages == ["not_fulfilled", "fulfilled", "shipped", "delivered"]
    assert [each["revision"] for each in (order, packed, shipped, delivered)] == [1, 2, 3, 4]
    assert delivered["fulfillments"][0]["labels"][0]["tracking_number"] == "1Z999"
    progress = ("quantity", "fulfilled_quantity", "shipped_quantity", "delivered_quantity")
    assert [delivered["items"][0]["detail"][name] for name in progress] == [2, 2, 2, 2]
    assert where.sra("LAMP") == (3, 0, 3)
    assert recorded_events() == [
        "order.placed",
        "order.fulfillment_created",
        "order.shipment_created",
        "order.delivered",
    ]


def test_what_is_shipped_delivered_or_canceled_twice_is_refused_as_recorded(db):
    """Scenario 19."""
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    order = _placed(api, where, {"LAMP": 1})
    here = f"/admin/orders/{order['id']}"
    packed = api.post(f"{here}/fulfillments", {"items": _items(order)}).json()["order"]
    parcel = f"{here}/fulfillments/{packed['fulfillments'][0]['id']}"
    api.post(f"{parcel}/shipments", {"items": _items(order), "labels": [{"tracking_number": "1Z999"}]})

    shipped_again = api.post(f"{parcel}/shipments", {"items": _items(order), "labels": []})
    unpacked = api.post(f"{parcel}/cancel")
    api.post(f"{parcel}/mark-as-delivered")
    delivered_again = api.post(f"{parcel}/mark-as-delivered")
    canceled = api.post(f"{here}/cancel")

    assert problem(shipped_again) == (400, "not_allowed", "fulfillment_already_shipped")
    assert problem(unpacked) == (400, "not_allowed", "fulfillment_already_shipped")
    assert problem(delivered_again) == (400, "not_allowed", "fulfillment_already_delivered")
    assert problem(canceled) == (400, "not_allowed", "order_not_cancelable")
    assert api.get(here).json()["order"]["revision"] == 4


def test_a_held_order_cannot_be_fulfilled(db):
    """Scenario 20, by the API."""
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    order = _placed(api, where, {"LAMP": 1})
    here = f"/admin/orders/{order['id']}"
    held = api.post(f"{here}/holds", {"reason": "fraud", "note": "two cards"}).json()

    refused = api.post(f"{here}/fulfillments", {"items": _items(order)})
    released = api.post(f"{here}/holds/{held['hold']['id']}/release")
    released_again = api.post(f"{here}/holds/{held['hold']['id']}/release")
    packed = api.post(f"{here}/fulfillments", {"items": _items(order)})

    assert problem(refused) == (400, "not_allowed", "order_on_hold")
    assert held["order"]["open_holds"] == 1
    assert released.json()["hold"]["released_by"]["kind"] == "api_key"
    assert released.json()["order"]["open_holds"] == 0
    assert problem(released_again) == (400, "not_allowed", "hold_already_released")
    assert packed.json()["order"]["fulfillment_status"] == "fulfilled"


def test_a_canceled_order_is_worth_nothing_and_lets_its_stock_go(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    order = _placed(api, where, {"LAMP": 2})
    here = f"/admin/orders/{order['id']}"

    canceled = api.post(f"{here}/cancel", {"reason": "customer"}).json()["order"]
    again = api.post(f"{here}/cancel")
    archived = api.post(f"{here}/archive").json()["order"]

    assert (canceled["status"], canceled["fulfillment_status"], canceled["total"]) == ("canceled", "canceled", 0)
    assert canceled["summary"]["pending_difference"] == 0
    assert problem(again) == (400, "invalid_data", "order_already_canceled")
    assert (archived["status"], archived["fulfillment_status"], archived["units_open"]) == ("archived", "canceled", 0)
    assert where.sra("LAMP") == (5, 0, 5)


def test_an_unpacked_fulfillment_puts_its_goods_back(db):
    """Scenario 16, by the API."""
    where, api = shop({"W1": {"LAMP": 2}}), Api()
    order = _placed(api, where, {"LAMP": 1})
    here = f"/admin/orders/{order['id']}"

    packed = api.post(f"{here}/fulfillments", {"items": _items(order)}).json()["order"]
    after_packing = where.sra("LAMP")
    unpacked = api.post(f"{here}/fulfillments/{packed['fulfillments'][0]['id']}/cancel").json()["order"]

    assert after_packing == (1, 0, 1)
    assert where.sra("LAMP") == (2, 1, 1)
    assert unpacked["fulfillment_status"] == "not_fulfilled"
    assert unpacked["fulfillments"][0]["status"] == "canceled"


def test_more_than_was_ordered_cannot_be_fulfilled(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    order = _placed(api, where, {"LAMP": 2})
    here = f"/admin/orders/{order['id']}"

    refused = api.post(f"{here}/fulfillments", {"items": [{"id": order["items"][0]["id"], "quantity": 5}]})

    assert problem(refused) == (400, "invalid_data", "fulfills_more_than_ordered")
    assert pointers(refused) == ["/items/0/quantity"]
    assert where.sra("LAMP") == (9, 2, 7)


def test_a_fulfillment_ships_whole(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    order = _placed(api, where, {"LAMP": 2})
    packed = api.post(f"/admin/orders/{order['id']}/fulfillments", {"items": _items(order)}).json()["order"]
    parcel = f"/admin/orders/{order['id']}/fulfillments/{packed['fulfillments'][0]['id']}"

    refused = api.post(f"{parcel}/shipments", {"items": [{"id": order["items"][0]["id"], "quantity": 1}]})

    assert problem(refused) == (400, "invalid_data", "ships_other_than_packed")
    assert recorded_events()[-1] == "order.fulfillment_created"


def test_a_link_that_is_no_web_address_is_refused(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    order = _placed(api, where, {"LAMP": 1})
    packed = api.post(f"/admin/orders/{order['id']}/fulfillments", {"items": _items(order)}).json()["order"]
    parcel = f"/admin/orders/{order['id']}/fulfillments/{packed['fulfillments'][0]['id']}"

    refused = api.post(
        f"{parcel}/shipments", {"labels": [{"tracking_number": "1", "tracking_url": "javascript:alert(1)"}]}
    )

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    assert pointers(refused) == ["/labels/0/tracking_url"]


def test_a_completed_order_can_be_archived_and_nothing_else_twice(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    order = _placed(api, where, {"LAMP": 1})
    here = f"/admin/orders/{order['id']}"

    early = api.post(f"{here}/archive")
    unpacked = api.post(f"{here}/complete")
    api.post(f"{here}/fulfillments", {"items": _items(order)})
    completed = api.post(f"{here}/complete").json()["order"]
    again = api.post(f"{here}/complete")
    archived = api.post(f"{here}/archive").json()["order"]

    assert problem(early) == (400, "not_allowed", "order_not_archivable")
    assert problem(unpacked) == (400, "not_allowed", "order_not_completable")
    assert (completed["status"], archived["status"]) == ("completed", "archived")
    assert problem(again) == (400, "not_allowed", "order_not_completable")
    happened = ["order.placed", "order.fulfillment_created", "order.completed", "order.archived"]
    assert recorded_events() == happened


def test_an_order_tells_what_happened_to_it_and_by_whom(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    order = _placed(api, where, {"LAMP": 1})
    here = f"/admin/orders/{order['id']}"
    noted = api.post(f"{here}/notes", {"body": "  Gift wrap "}).json()

    whole = api.get(f"{here}/timeline").json()
    second = api.get(f"{here}/timeline?limit=1&offset=1").json()

    assert noted["note"]["body"] == "Gift wrap"
    assert [entry["action"] for entry in whole["timeline"]] == ["order.updated", "order.placed"]
    assert {entry["actor"]["kind"] for entry in whole["timeline"]} == {"api_key"}
    assert (second["count"], second["limit"], second["offset"]) == (2, 1, 1)
    assert [entry["action"] for entry in second["timeline"]] == ["order.placed"]


def test_an_order_explains_where_it_ships_from(db):
    where, api = shop({"A": {"LAMP": 3}, "B": {"LAMP": 6}}), Api()
    order = _placed(api, where, {"LAMP": 5})

    sourcing = api.get(f"/admin/orders/{order['id']}/sourcing").json()["sourcing"]

    judged = [(each["code"], each["units_taken"], each["chosen"], each["reason"]) for each in sourcing["candidates"]]
    assert judged == [("a", 0, False, "would_need_more_parcels"), ("b", 5, True, "has_everything")]
    assert sourcing["candidates"][1]["location_id"] == where.locations["B"].public_id
    assert sourcing["parcels"] == 1


def test_an_order_without_stock_has_no_sourcing_decision(db):
    where, api = shop({"W1": {"LAMP": 3}}), Api()
    items = [{"title": "Engraving", "quantity": 1, "unit_price": 3}]
    order = _placed(api, where, {}, items=items)

    assert api.get(f"/admin/orders/{order['id']}/sourcing").json() == {"sourcing": None}
