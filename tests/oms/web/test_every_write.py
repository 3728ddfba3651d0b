"""What holds for every request that changes something: sent again under its Idempotency-Key it is answered alike and
does nothing. Found by the description, so that no route is forgotten."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from inventory.models import Arrival, StockCount, StockShortage, Transfer
from oms.core.models import IdempotencyKey
from oms.web.models import ApiKey
from orders.enums import OrderStatus
from orders.models import Order
from payments import codes
from payments.api import balance_examples
from payments.models import GiftCard
from tests.api import Api, problem
from tests.factories import StockLocationFactory
from tests.oms.web.furnished import House, furnish
from tests.scenarios import placed_order

pytestmark = pytest.mark.django_db
_ID = re.compile(r"\b([a-z]+)_[0-9a-z]{26}\b")


@cache
def _writes() -> dict[str, tuple[str, str, Any]]:
    """Method, path and example of every operation that takes an Idempotency-Key, by its name."""
    found = {}
    for path, methods in SchemaGenerator().get_schema(public=True)["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            examples = [each["value"] for each in content.get("examples", {}).values()]
            if any(each["name"] == "Idempotency-Key" for each in told.get("parameters", [])):
                found[told["operationId"]] = (method, path, examples[0] if examples else None)
            else:
                assert method == "get" or path.startswith("/auth/"), f"{method} {path} takes no Idempotency-Key"
    return found


class _Scene:
    """A furnished house, and what an operation needs to find in it before it can be asked for."""

    def __init__(self) -> None:
        self.house: House = furnish(2)
        self.api = Api(self.house.secret)
        self.other = StockLocationFactory()
        house = self.house
        order, where = house.orders[0], house.shop.locations["W0"]
        unpaid = placed_order(house.shop, {"SKU-0": 1})
        person = self._made("/admin/customers", {"email": "new@example.com"}, "customer")
        self.line = order.lines.get().public_id
        self.ids = house.parts | {
            "key_id": ApiKey.objects.order_by("pk").last().public_id,
            "customer_id": person["id"],
            "location_id": where.public_id,
        }
        self.by_prefix = {
            "sloc": where.public_id,
            "iitem": house.parts["item_id"],
            "sc": house.parts["channel_id"],
            "cus": person["id"],
            "ordli": self.line,
            "order": unpaid.public_id,
        }

    def copy(self) -> _Scene:
        """For one operation, with ids of its own; what it does is rolled back."""
        one = copy.copy(self)
        one.ids, one.by_prefix = dict(self.ids), dict(self.by_prefix)
        return one

    def _made(self, path: str, body: Any, name: str) -> Any:
        answer = self.api.post(path, body)
        assert answer.status_code == 200, (path, answer.content)
        return answer.json()[name]

    def order(self, step: str, body: Any = None, name: str = "order") -> Any:
        return self._made(f"/admin/orders/{self.ids['order_id']}/{step}", body or {}, name)

    def packed(self) -> None:
        order = self.order("fulfillments", {"items": [{"id": self.line, "quantity": 1}]})
        self.ids["fulfillment_id"] = order["fulfillments"][0]["id"]

    def shipped(self) -> None:
        self.packed()
        self.order(f"fulfillments/{self.ids['fulfillment_id']}/shipments")

    def held(self) -> None:
        self.ids["hold_id"] = self.order("holds", {"reason": "fraud"}, "hold")["id"]

    def reserved(self) -> None:
        body = {"inventory_item_id": self.ids["item_id"], "location_id": self.ids["location_id"], "quantity": 1}
        self.ids["reservation_id"] = self._made("/admin/reservations", body, "reservation")["id"]

    def document(self, kind: Any) -> None:
        row = kind.objects.first()
        self.ids["document_id"] = row.public_id
        if hasattr(row, "lines"):
            line = row.lines.first()
            self.by_prefix[line.id_prefix] = line.public_id

    def sent(self) -> None:
        self.document(Transfer)
        self._made(f"/admin/stock-transfers/{self.ids['document_id']}/send", {}, "stock_transfer")

    def empty_level(self) -> None:
        self.elsewhere()
        path = f"/admin/inventory-items/{self.ids['item_id']}/location-levels/batch"
        self._made(path, {"create": [{"location_id": self.other.public_id, "stocked_quantity": 0}]}, "created")

    def elsewhere(self) -> None:
        self.by_prefix["sloc"] = self.ids["location_id"] = self.other.public_id

    def to_be_decided(self) -> None:
        Order.objects.filter(pk=self.house.orders[0].pk).update(status=OrderStatus.REQUIRES_ACTION)

    def collected(self) -> None:
        body = {"order_id": self.by_prefix["order"]}
        self.ids["collection_id"] = self._made("/admin/payment-collections", body, "payment_collection")["id"]

    def begun(self) -> None:
        self.collected()
        path = f"/admin/payment-collections/{self.ids['collection_id']}/payment-sessions"
        self.ids["session_id"] = self._made(path, {"provider_id": "manual"}, "payment_session")["id"]

    def canceled_job(self) -> None:
        self._made(f"/admin/bulk-jobs/{self.ids['job_id']}/cancel", {}, "bulk_job")

    def known_code(self) -> None:
        """The furnished card has the code of the example."""
        hashed = codes.hash_of(codes.normalized(balance_examples.CODE))
        GiftCard.objects.filter(pk=GiftCard.objects.order_by("pk").last().pk).update(code_hash=hashed)

    def revoked(self) -> None:
        self._made(f"/admin/api-keys/{self.ids['key_id']}/revoke", {}, "api_key")


_FIRST: dict[str, Callable[[_Scene], Any]] = {
    "deleteApiKey": _Scene.revoked,
    "lookUpGiftCard": _Scene.known_code,
    "retryBulkJob": _Scene.canceled_job,
    "createInventoryLevel": _Scene.elsewhere,
    "changeInventoryLevels": _Scene.elsewhere,
    "deleteInventoryLevel": _Scene.empty_level,
    "keepOrder": _Scene.to_be_decided,
    **dict.fromkeys(("deletePaymentCollection", "markAsPaid", "startPaymentSession"), _Scene.collected),
    "authorizePaymentSession": _Scene.begun,
    "archiveOrder": lambda scene: scene.order("cancel"),
    "completeOrder": _Scene.packed,
    "cancelFulfillment": _Scene.packed,
    "createShipment": _Scene.packed,
    "markFulfillmentAsDelivered": _Scene.shipped,
    "releaseHold": _Scene.held,
    "updateReservation": _Scene.reserved,
    "deleteReservation": _Scene.reserved,
    "settleStockShortage": lambda scene: scene.document(StockShortage),
    "sendStockTransfer": lambda scene: scene.document(Transfer),
    "cancelStockTransfer": lambda scene: scene.document(Transfer),
    "receiveStockTransfer": _Scene.sent,
    "closeStockTransfer": _Scene.sent,
} | {
    name: (lambda scene, kind=kind: scene.document(kind))
    for kind, names in {
        Arrival: ("closeStockArrival", "receiveStockArrival"),
        StockCount: ("applyStockCount", "cancelStockCount", "recordStockCount"),
    }.items()
    for name in names
}


# What makes a secret answers with it once: in what, and under which name.
_SHOWN_ONCE = {"createApiKey": ("api_key", "token"), "createGiftCard": ("gift_card", "code")}


def _body(scene: _Scene, example: Any) -> bytes:
    """The example of the description, with what is there in the place of its ids, and one unit of everything."""
    ids = scene.by_prefix | {"to": scene.house.shop.locations["W1"].public_id}
    text = json.dumps(example).replace('"LAMP"', '"SKU-0"' if "sales_channel" in str(example) else '"NEW"')
    text = text.replace('"sales_channel": "web"', f'"sales_channel": "{scene.house.shop.channel.code}"')
    text = _ID.sub(lambda found: ids.get(found[1], found[0]), text)
    text = re.sub(r'("(?:quantity|damaged_quantity)": )\d+', r"\g<1>1", text)
    for name in ("to_location_id", "target_location_id"):
        text = re.sub(rf'("{name}": )"[^"]+"', rf'\1"{ids["to"]}"', text)
    return text.replace('"damaged_quantity": 1', '"damaged_quantity": 0').encode()


def test_a_repeat_under_its_key_is_answered_alike_and_another_request_is_refused():
    scene = _Scene()
    assert len(_writes()) > 55

    for name in _writes():
        with transaction.atomic():
            _is_done_once(name, scene.copy())
            transaction.set_rollback(True)


def _is_done_once(name: str, scene: _Scene) -> None:
    method, route, example = _writes()[name]
    _FIRST.get(name, lambda scene: None)(scene)
    path = re.sub(r"\{(\w+)\}", lambda found: scene.ids[found[1]], route)

    def ask(body: bytes, query: str = "") -> Any:
        with transaction.atomic():
            if method == "delete":
                return scene.api.delete(path + query, idempotency_key="once")
            return scene.api.post(path + query, body, idempotency_key="once")

    sent = b"" if example is None else _body(scene, example)
    first, again = ask(sent), ask(sent)
    other = ask(sent, "?another=1") if method == "delete" else ask(sent + b" ")

    assert first.status_code in (200, 202), (name, sent, first.content)
    assert (again.status_code, again["Idempotent-Replayed"]) == (first.status_code, "true"), name
    assert again.get("ETag") == first.get("ETag")
    if name in _SHOWN_ONCE:
        of, secret = _SHOWN_ONCE[name]
        assert again.json()[of] == first.json()[of] | {secret: ""}
    else:
        assert again.content == first.content, name
    assert problem(other) == (422, "conflict", "idempotency_key_reused"), name
    assert IdempotencyKey.objects.count() == 1, name
