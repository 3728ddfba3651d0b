"""Inventory items and their levels."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api import access, base, examples, inputs, level_inputs, shapes
from inventory.api.filters import ItemFilters, LevelFilters
from inventory.description import DETAILS
from inventory.models import InventoryLevel
from inventory.services import adjustments, alerts, deletion, items, level_batches
from inventory.services.kits import MOST_COMPONENTS, Part
from inventory.services.level_batches import ChangedLevels
from oms.core import ids
from oms.web import bodies, fields, idempotency, pagination, queries, schema
from oms.web.authentication import actor_of
from oms.web.rendering import json_answer
from oms.web.views import many, one

TAG = "Stock"
_ITEM = schema.envelope("inventory_item", shapes.ItemWithLevels)
_LEVEL_NAMES = {"/on_hand": "/stocked_quantity"}


def _show(item_id: UUID) -> shapes.ItemWithLevels:
    (shape,) = shapes.items([base.item_with_levels(item_id)])
    return shape


def _given(body: inputs.CreateItem | inputs.UpdateItem) -> dict[str, Any]:
    """The fields that the body has beside details; components with the ids that services know."""
    wanted = {name: value for name, value in base.given(body).items() if name not in DETAILS}
    if "components" in wanted:
        wanted["components"] = [
            Part(
                bodies.public_id(
                    ids.INVENTORY_ITEM,
                    each.inventory_item_id,
                    f"/components/{index}/inventory_item_id",
                    "inventory item",
                ),
                each.quantity,
            )
            for index, each in enumerate(wanted["components"])
        ]
    return wanted


_COMPONENT_NAMES = {
    f"/components/{index}/item_id": f"/components/{index}/inventory_item_id" for index in range(MOST_COMPONENTS)
}


class ItemsView(base.StockView):
    access = {"GET": access.READ, "POST": access.ADD_ITEM}

    @schema.operation(
        id="listInventoryItems",
        summary="List inventory items",
        tag=TAG,
        answer=schema.envelope("inventory_items", shapes.ItemWithLevels, paged=True),
        example=examples.page("inventory_items", examples.ITEM),
        filters=ItemFilters,
    )
    def get(self, request: Request) -> HttpResponse:
        query = queries.parameters(request)
        unread = fields.unread(query.selection, base.MADE_OF)
        rows = queries.filtered(ItemFilters, query, base.items_with(*(set(base.MADE_OF) - set(unread))))
        order = queries.ordering(query, {"sku": ("sku",), "created_at": ("created_at", "pk")}, "sku")
        page = pagination.page(query, rows.order_by(*order))
        fields.leave_out(page.rows, *unread)
        with_kits = query.selection.asks("location_kits")
        return page.answer("inventory_items", shapes.items(page.rows, with_kits=with_kits))

    @schema.operation(
        id="createInventoryItem",
        summary="Create an inventory item",
        tag=TAG,
        body=inputs.CreateItem,
        body_example=examples.CREATE_ITEM,
        answer=_ITEM,
        example={"inventory_item": examples.ITEM},
        description="With its opening stock, where `location_levels` say so. With `components` (ours) it is a kit: "
        "sold as one thing, held and packed as what it consists of.",
    )
    def post(self, request: Request) -> HttpResponse:
        body, actor = bodies.read(request, inputs.CreateItem), actor_of(request)
        given = _given(body)
        given.pop("location_levels", None)
        opening = level_inputs.counts("location_levels", body.location_levels)

        def work() -> UUID:
            with bodies.renamed(_COMPONENT_NAMES):
                item = base.id_of(items.create_item(**given, details=body.details()))
            if opening:
                level_batches.change_levels(item_id=item, create=opening, update={}, delete=[], actor=actor)
            return item

        return base.answer(request, "inventory_item", work, _show)


class ItemView(base.StockView):
    access = {"GET": access.READ, "POST": access.CHANGE_ITEM}

    @schema.operation(
        id="getInventoryItem",
        summary="Read an inventory item with its levels",
        tag=TAG,
        answer=_ITEM,
        example={"inventory_item": examples.ITEM},
    )
    def get(self, request: Request, item_id: str) -> HttpResponse:
        selection = queries.parameters(request).selection
        unread = fields.unread(selection, base.MADE_OF)
        item = base.item_with_levels(base.item_id_of(item_id), leave_out=unread)
        return one(request, "inventory_item", *shapes.items([item], with_kits=selection.asks("location_kits")))

    @schema.operation(
        id="updateInventoryItem",
        summary="Change an inventory item",
        tag=TAG,
        body=inputs.UpdateItem,
        body_example={"title": "Lantern, brass"},
        answer=_ITEM,
        example={"inventory_item": examples.ITEM},
        description="`components` (ours) replace those of a kit; an empty list makes it an ordinary item again. Orders "
        "keep what they were placed with.",
    )
    def post(self, request: Request, item_id: str) -> HttpResponse:
        item, body, actor = base.item_id_of(item_id), bodies.read(request, inputs.UpdateItem), actor_of(request)
        given = _given(body) | body.details()

        def work() -> UUID:
            with bodies.renamed(_COMPONENT_NAMES):
                return base.id_of(items.update_item(item_id=item, changes=given, actor=actor))

        return base.answer(request, "inventory_item", work, _show)


class LevelsView(base.StockView):
    @schema.operation(
        id="listInventoryLevels",
        summary="List the levels of an inventory item",
        tag=TAG,
        answer=schema.envelope("inventory_levels", shapes.Level, paged=True),
        example=examples.page("inventory_levels", examples.LEVEL),
        filters=LevelFilters,
    )
    def get(self, request: Request, item_id: str) -> HttpResponse:
        item = base.item_with_levels(base.item_id_of(item_id))
        rows = InventoryLevel.objects.kept().counted().filter(item=item)
        return many(request, "inventory_levels", rows, shapes.level, filters=LevelFilters, order="created_at")

    @schema.operation(
        id="createInventoryLevel",
        summary="Stock an inventory item at a further stock location",
        tag=TAG,
        body=inputs.StockAt,
        body_example={"location_id": examples.LOCATION_ID, "stocked_quantity": 5},
        answer=_ITEM,
        example={"inventory_item": examples.ITEM},
    )
    def post(self, request: Request, item_id: str) -> HttpResponse:
        item, body, actor = base.item_id_of(item_id), bodies.read(request, inputs.StockAt), actor_of(request)
        opening = level_inputs.counts("", [body])

        def work() -> UUID:
            level_batches.change_levels(item_id=item, create=opening, update={}, delete=[], actor=actor)
            return item

        return base.answer(request, "inventory_item", work, _show)


class LevelBatchView(base.StockView):
    @schema.operation(
        id="changeInventoryLevels",
        summary="Create, count and delete levels of an inventory item",
        tag=TAG,
        body=inputs.StockBatch,
        body_example=examples.STOCK,
        answer=schema.shape(shapes.LevelBatch),
        example={"created": [examples.LEVEL], "updated": [], "deleted": []},
        description="All of it or nothing.",
    )
    def post(self, request: Request, item_id: str) -> HttpResponse:
        item, body, actor = base.item_id_of(item_id), bodies.read(request, inputs.StockBatch), actor_of(request)

        create, update = level_inputs.counts("create", body.create), level_inputs.counts("update", body.update)

        def work() -> ChangedLevels:
            delete = level_inputs.places(item, body.delete)
            return level_batches.change_levels(item_id=item, create=create, update=update, delete=delete, actor=actor)

        return idempotency.answer(request, work, _batch_answer)


def _batch_answer(changed: ChangedLevels) -> HttpResponse:
    shape = shapes.LevelBatch(
        created=[shapes.level(each) for each in changed.created],
        updated=[shapes.level(each) for each in changed.updated],
        deleted=[each.public_id for each in changed.deleted],
    )
    return json_answer(shape)


class LevelView(base.StockView):
    @schema.operation(
        id="updateInventoryLevel",
        summary="Set the count of an inventory item at a stock location",
        tag=TAG,
        body=inputs.UpdateLevel,
        body_example={"stocked_quantity": 7},
        answer=_ITEM,
        example={"inventory_item": examples.ITEM},
    )
    def post(self, request: Request, item_id: str, location_id: str) -> HttpResponse:
        item, location = base.item_id_of(item_id), base.location_id_of(location_id)
        body, actor = bodies.read(request, inputs.UpdateLevel), actor_of(request)
        wanted = base.given(body)

        def work() -> UUID:
            there: dict[str, Any] = {"item_id": item, "location_id": location, "actor": actor}
            with bodies.renamed(_LEVEL_NAMES):
                if (
                    "stocked_quantity" in wanted
                ):  # first: it may hand on goods, and their orders are locked before levels
                    count = wanted["stocked_quantity"]
                    adjustments.set_on_hand(**there, on_hand=count, reason=body.reason, note=body.note)
                if "safety_stock" in wanted:
                    adjustments.set_safety_stock(**there, safety_stock=wanted["safety_stock"], note=body.note)
                if "low_stock_threshold" in wanted:
                    alerts.set_threshold(**there, threshold=wanted["low_stock_threshold"])
            return item

        return base.answer(request, "inventory_item", work, _show)

    @schema.operation(
        id="deleteInventoryLevel",
        summary="Delete the empty level of an inventory item at a stock location",
        tag=TAG,
        answer=schema.shape(shapes.Deleted),
        example={"id": "ilev_01m82tqm1zh4h9gr3527x9czsa", "object": "inventory-level", "deleted": True},
        deletes=True,
    )
    def delete(self, request: Request, item_id: str, location_id: str) -> HttpResponse:
        item, location = base.item_id_of(item_id), base.location_id_of(location_id)

        def work() -> InventoryLevel:
            return deletion.delete_level(item_id=item, location_id=location)

        return idempotency.answer(
            request, work, lambda level: json_answer(shapes.Deleted(id=level.public_id, object="inventory-level"))
        )


class AdjustView(base.StockView):
    @schema.operation(
        id="adjustInventoryLevel",
        summary="Add units to a stock location, or take them away",
        tag=TAG,
        body=inputs.AdjustLevel,
        body_example={"delta": -1, "reason": "damaged", "note": "dropped"},
        answer=_ITEM,
        example={"inventory_item": examples.ITEM},
        description=f"{schema.OURS} A reason is asked for.",
    )
    def post(self, request: Request, item_id: str, location_id: str) -> HttpResponse:
        item, location = base.item_id_of(item_id), base.location_id_of(location_id)
        body, actor = bodies.read(request, inputs.AdjustLevel), actor_of(request)

        def work() -> UUID:
            adjustments.adjust_stock(
                item_id=item, location_id=location, delta=body.delta, reason=body.reason, note=body.note, actor=actor
            )
            return item

        return base.answer(request, "inventory_item", work, _show)
