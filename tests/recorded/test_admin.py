"""The back office as it was recorded from a server of the contract, done here: same paths, fields, types, refusals."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from tests.api import Api, problem
from tests.factories import SalesChannelFactory, StaffFactory
from tests.recorded import shapes

# Fields, by the end of their place, that differ from the recording, and why.
LEFT_OUT: Final = {
    "items[].variant": "there is no catalogue: a line knows its inventory item",
    "items[].variant_id": "there is no catalogue",
    "items[].variant_title": "there is no catalogue",
    "items[].product_id": "there is no catalogue",
    "items[].product_handle": "there is no catalogue",
    "items[].subtitle": "there is no catalogue",
    "order.region_id": "there are no regions",
    "shipping_methods[].shipping_option_id": "shipping is sold by name: there are no shipping options",
    "shipping_methods[].detail": "a row that joins tables there",
}


def test_the_back_office_answers_as_recorded(db):
    ada = StaffFactory(email="ada@example.com")
    ada.set_password("a-lantern-in-the-window")
    ada.save()
    SalesChannelFactory(description="The first one")
    recorded = shapes.recorded()
    replay = Replay()

    replay.sign_in()
    replay.stock()
    replay.reserve()
    replay.fulfil()
    replay.take()
    replay.close()
    replay.look_around()

    assert sorted(replay.told) == sorted(recorded)
    problems, left_out = {}, set()
    for name, answer in replay.told.items():
        found = []
        for each in _compared(recorded[name], answer):
            excuse = next((end for end in LEFT_OUT if each.partition(":")[0].endswith(end)), None)
            left_out.add(excuse)
            found += [] if excuse else [each]
        problems |= {name: found} if found else {}
    assert problems == {}
    assert left_out - {None} == set(LEFT_OUT)


@pytest.mark.parametrize(
    ("told", "differences"),
    [
        ({"a": {"id": "x", "more": 1}, "b": [{"n": 1.5}]}, []),
        ({"a": None, "b": []}, ["a: no object", "b: empty, so nothing to compare"]),
        ({"b": [{"n": 1}, {"n": True}]}, ["a: missing", "b[].n: true is no number"]),
        ({"a": {"id": None}, "b": {}}, ["a.id: null is no text", "b: no list"]),
    ],
)
def test_an_answer_of_another_shape_is_noticed(told, differences):
    shape = {"a": {"id": "text"}, "b": [{"n": "number"}]}

    assert list(shapes.differences(shape, told)) == differences


def _compared(expected: dict[str, Any], answer: Any) -> list[str]:
    if answer.status_code != expected["status"]:
        return [f"status: {answer.status_code} {answer.content[:300]!r}"]
    if "type" in expected:
        told = problem(answer)[1]
        return [] if told == expected["type"] else [f"type: {told}"]
    return list(shapes.differences(expected["answer"], answer.json()))


class Replay:
    """What was done, in its order, with the bodies and query strings that were sent then."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.api = Api("nobody")

    def get(self, path: str) -> Any:
        return self._note("GET", path, self.api.get(path))

    def post(self, path: str, body: Any = None) -> Any:
        return self._note("POST", path, self.api.post(path, body))

    def delete(self, path: str) -> Any:
        return self._note("DELETE", path, self.api.delete(path))

    def _note(self, method: str, path: str, answer: Any) -> Any:
        """By the name that the recording has for it: the second one of a kind is `… #2`."""
        name, count = f"{method} {re.sub('/[a-z_]+_[0-9a-z]{26}', '/:id', path.partition('?')[0])}", 1
        while (numbered := name if count == 1 else f"{name} #{count}") in self.told:
            count += 1
        self.told[numbered] = answer
        return answer.json()

    def sign_in(self) -> None:
        self.get("/admin/orders")
        login = self.post("/auth/user/emailpass", {"email": "ada@example.com", "password": "a-lantern-in-the-window"})
        self.api = Api(login["token"])

    def stock(self) -> None:
        address = {"address_1": "1 Quay", "country_code": "us"}
        first = self.post("/admin/stock-locations", {"name": "W1 a", "address": address})["stock_location"]
        second = self.api.post("/admin/stock-locations", {"name": "W2 a"}).json()["stock_location"]
        item = self.post("/admin/inventory-items", {"sku": "SKU-a", "title": "Lantern"})["inventory_item"]
        self.post("/admin/inventory-items", {"sku": "SKU-a"})
        self.w1, self.w2, self.item = first["id"], second["id"], item["id"]
        self.levels = f"/admin/inventory-items/{self.item}/location-levels"
        opening = [{"location_id": self.w1, "stocked_quantity": 100}, {"location_id": self.w2, "stocked_quantity": 5}]
        self.post(f"{self.levels}/batch", {"create": opening})
        listed = self.get(self.levels)["inventory_levels"]
        self.post(f"{self.levels}/{self.w1}", {"stocked_quantity": -1})

        assert {each["location_id"]: each["available_quantity"] for each in listed} == {self.w1: 100, self.w2: 5}

    def reserve(self) -> None:
        here = {"inventory_item_id": self.item, "location_id": self.w1}
        made = self.post("/admin/reservations", here | {"quantity": 1, "description": "set aside"})["reservation"]
        path = f"/admin/reservations/{made['id']}"
        raised = self.post(path, {"quantity": 3})["reservation"]
        self.post(path, {"quantity": 100000})
        self.post("/admin/reservations", here | {"location_id": self.w2, "quantity": 6})
        self.delete(f"{self.levels}/{self.w1}")
        self.delete(path)
        self.get(path)
        self.api.post("/admin/reservations", here | {"quantity": 1})
        listed = self.get(f"/admin/reservations?inventory_item_id[0]={self.item}")

        assert (raised["quantity"], raised["inventory_item"]["reserved_quantity"]) == (3, 3)
        assert (listed["count"], listed["reservations"][0]["quantity"]) == (1, 1)

    def fulfil(self) -> None:
        channel = self.post("/admin/sales-channels", {"name": "Till a"})["sales_channel"]["id"]
        self.post(f"/admin/stock-locations/{self.w1}/sales-channels", {"add": [channel]})
        mugs = [{"location_id": self.w1, "stocked_quantity": 9}]
        self.api.post("/admin/inventory-items", {"sku": "MUG", "location_levels": mugs})
        self.orders = self._place(channel)
        here = f"/admin/orders/{self.orders[0]}"
        self.get("/admin/orders?limit=5&order=-created_at")
        fields = "+payment_status,+fulfillment_status,+summary,*items,*fulfillments,*payment_collections"
        order = self.get(f"{here}?fields={fields},*payment_collections.payments")["order"]
        lamp, mug = ({"id": line["id"], "quantity": line["quantity"]} for line in order["items"])
        self.post(f"{here}/fulfillments", {"items": [lamp | {"quantity": 1}]})
        self.post(f"{here}/fulfillments", {"items": [lamp | {"quantity": 5}]})
        self.post(f"{here}/fulfillments/{self._parcel(here)}/cancel", {})
        self.api.post(f"{here}/fulfillments", {"items": [lamp, mug]})
        parcel = f"{here}/fulfillments/{self._parcel(here)}"
        label = {
            "tracking_number": "1Z999",
            "tracking_url": "https://example.com/1Z999",
            "label_url": "https://example.com/l.pdf",
        }
        shipped = self.post(f"{parcel}/shipments", {"items": [lamp, mug], "labels": [label]})["order"]
        self.post(f"{parcel}/shipments", {"items": [lamp, mug], "labels": []})
        self.post(f"{parcel}/cancel", {})
        delivered = self.post(f"{parcel}/mark-as-delivered")["order"]
        self.post(f"{parcel}/mark-as-delivered")

        assert [shipped["fulfillment_status"], delivered["fulfillment_status"]] == ["shipped", "delivered"]
        assert delivered["items"][0]["detail"]["delivered_quantity"] == 2

    def take(self) -> None:
        """A part of what was promised; more than that; back more than was taken; and the rest."""
        here = f"/admin/orders/{self.orders[0]}"
        (collection,) = self.api.get(here).json()["order"]["payment_collections"]
        payment = f"/admin/payments/{collection['payments'][0]['id']}"
        taken = self.post(f"{payment}/capture", {"amount": 21})["payment"]
        self.post(f"{payment}/capture", {"amount": 41})
        self.post(f"{payment}/refund", {"amount": 42})
        self.api.post(f"{payment}/capture", {"amount": 20})

        assert [each["amount"] for each in taken["captures"]] == [21]

    def close(self) -> None:
        self.post(f"/admin/orders/{self.orders[1]}/cancel")
        self.post(f"/admin/orders/{self.orders[1]}/cancel")
        here = f"/admin/orders/{self.orders[0]}"
        completed = self.post(f"{here}/complete", {})["order"]
        archived = self.post(f"{here}/archive")["order"]

        assert [completed["status"], archived["status"]] == ["completed", "archived"]
        (collection,) = archived["payment_collections"]
        assert [collection["status"], collection["captured_amount"]] == ["completed", 41]
        assert [each["amount"] for each in collection["payments"][0]["captures"]] == [21, 20]

    def look_around(self) -> None:
        self.get("/admin/orders/order_01arz3ndektsv4rrffq69g5fav")
        self.get("/admin/payments?limit=1")
        self.get("/admin/sales-channels?limit=1")
        self.get("/admin/customers?limit=1")

    def _place(self, channel: str) -> list[str]:
        """Two of the recorded order; all of their worth is promised."""
        address = {
            "first_name": "Ada",
            "last_name": "Byron",
            "address_1": "1 Way",
            "city": "London",
            "postal_code": "12345",
            "country_code": "us",
        }
        order = {
            "sales_channel": channel,
            "currency_code": "usd",
            "email": "ada.a@example.com",
            "shipping_address": address,
            "billing_address": address,
            "items": [
                {"sku": "SKU-a", "title": "P3", "quantity": 2, "unit_price": 13},
                {"sku": "MUG", "title": "P4", "quantity": 1, "unit_price": 10},
            ],
            "shipping_methods": [{"name": "Standard", "amount": 5}],
        }
        batch = [order | {"external_id": f"A-{index}"} for index in range(2)]
        told = self.api.post("/admin/orders/batch", {"orders": batch}).json()
        assert told["created"] == 2, told
        orders = [each["id"] for each in told["results"]]
        for each in orders:
            made = self.api.post("/admin/payment-collections", {"order_id": each, "amount": 41}).json()
            path = f"/admin/payment-collections/{made['payment_collection']['id']}/payment-sessions"
            session = self.api.post(path, {"provider_id": "manual"}).json()["payment_session"]
            assert self.api.post(f"/admin/payment-sessions/{session['id']}/authorize").status_code == 200
        return orders

    def _parcel(self, here: str) -> str:
        """The fulfillment that was made last."""
        told: str = self.api.get(here).json()["order"]["fulfillments"][-1]["id"]
        return told
