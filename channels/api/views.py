"""Sales channels, and where they sell from."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django_filters import Filter, FilterSet
from msgspec import UNSET, Meta, UnsetType
from rest_framework.request import Request

from channels.api import shapes
from channels.models import SalesChannel
from channels.selectors import available_in_channel
from channels.services import channels
from inventory.api import access as stock_access
from inventory.api import base, locations
from inventory.api import examples as stock_examples
from inventory.api import shapes as stock_shapes
from inventory.api.filters import ItemFilters
from inventory.services import goods
from oms.core import ids
from oms.core.errors import NotFound
from oms.web import bodies, idempotency, pagination, queries, schema
from oms.web.bodies import Body
from oms.web.filters import IdsFilter, WordsFilter, YesNoFilter, moments
from oms.web.scopes import Access, Scope
from oms.web.views import ApiView, many, one, reads_and_writes

TAG: Final = "Sales channels"
READ: Final = Access(Scope.CHANNELS_READ, "channels.view_saleschannel")
WRITE: Final = Access(Scope.CHANNELS_WRITE, "channels.change_saleschannel")
_CHANNEL: Final = schema.envelope("sales_channel", shapes.Channel)
_EXAMPLE: Final[dict[str, Any]] = {
    "id": "sc_01m82tqr4qjn3f0j6ctkp8maev",
    "code": "web",
    "name": "Web",
    "description": None,
    "is_disabled": False,
    "created_at": stock_examples.AT,
}
_STOCK: Final[dict[str, Any]] = {"inventory_item_id": stock_examples.ITEM_ID, "sku": "LAMP", "available": 4}


class CreateChannel(Body):
    """code: left out, it is made from the name."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    code: Annotated[str, Meta(max_length=60)] = ""
    description: Annotated[str, Meta(max_length=255)] | None = None
    is_disabled: bool = False
    metadata: dict[str, Any] | None = None


class UpdateChannel(Body):
    """What is left out stays."""

    name: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET
    is_disabled: bool | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET

    def changes(self) -> dict[str, Any]:
        found: dict[str, Any] = {} if self.is_disabled is UNSET else {"is_active": not self.is_disabled}
        plain = {"name": self.name, "description": self.description or "", "metadata": self.metadata or {}}
        return found | {name: value for name, value in plain.items() if getattr(self, name) is not UNSET}


class LinkChannels(Body):
    add: Annotated[list[str], Meta(max_length=200)] = []
    remove: Annotated[list[str], Meta(max_length=200)] = []


class ChannelFilters(FilterSet):
    """`q`: a part of the name or the code, without regard to case."""

    id = IdsFilter(ids.SALES_CHANNEL, field_name="pk")
    name = WordsFilter()
    code = WordsFilter()
    is_disabled = YesNoFilter(field_name="is_active", exclude=True)
    q = Filter(method="by_search", help_text="A part of the name or the code, without regard to case.")

    def by_search(self, rows: QuerySet[SalesChannel], name: str, value: str) -> QuerySet[SalesChannel]:
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value)) if value else rows


ChannelFilters.base_filters.update(moments("created_at", "created_at"))


def _show(channel_id: UUID) -> shapes.Channel:
    row = SalesChannel.objects.filter(pk=channel_id).first()
    if row is None:
        raise NotFound(kind="sales channel", id=ids.encode(ids.SALES_CHANNEL, channel_id))
    return shapes.channel(row)


class ChannelsView(ApiView):
    access = reads_and_writes(READ, WRITE)
    for_all = ("POST",)
    audited = {"POST": "added"}

    @schema.operation(
        id="listSalesChannels",
        summary="List sales channels",
        tag=TAG,
        answer=schema.envelope("sales_channels", shapes.Channel, paged=True),
        example=stock_examples.page("sales_channels", _EXAMPLE),
        filters=ChannelFilters,
    )
    def get(self, request: Request) -> HttpResponse:
        return many(
            request,
            "sales_channels",
            SalesChannel.objects.all(),
            shapes.channel,
            filters=ChannelFilters,
            orderings={"created_at": ("created_at", "pk"), "name": ("name", "pk")},
            order="created_at",
        )

    @schema.operation(
        id="createSalesChannel",
        summary="Create a sales channel",
        tag=TAG,
        body=CreateChannel,
        body_example={"name": "Web", "code": "web"},
        answer=_CHANNEL,
        example={"sales_channel": _EXAMPLE},
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, CreateChannel)

        def work() -> UUID:
            made = channels.create_channel(
                name=body.name,
                code=body.code,
                description=body.description or "",
                is_active=not body.is_disabled,
                metadata=body.metadata,
            )
            return base.id_of(made)

        return idempotency.answer(request, work, lambda made: one(request, "sales_channel", _show(made)))


class ChannelView(ApiView):
    access = reads_and_writes(READ, WRITE)

    @schema.operation(
        id="getSalesChannel",
        summary="Read a sales channel",
        tag=TAG,
        answer=_CHANNEL,
        example={"sales_channel": _EXAMPLE},
    )
    def get(self, request: Request, channel_id: str) -> HttpResponse:
        return one(request, "sales_channel", _show(bodies.path_id(ids.SALES_CHANNEL, channel_id, "sales channel")))

    @schema.operation(
        id="updateSalesChannel",
        summary="Change a sales channel",
        tag=TAG,
        body=UpdateChannel,
        body_example={"name": "Web shop"},
        answer=_CHANNEL,
        example={"sales_channel": _EXAMPLE},
    )
    def post(self, request: Request, channel_id: str) -> HttpResponse:
        channel = bodies.path_id(ids.SALES_CHANNEL, channel_id, "sales channel")
        changes = bodies.read(request, UpdateChannel).changes()

        def work() -> UUID:
            return base.id_of(channels.update_channel(channel_id=channel, changes=changes))

        return idempotency.answer(request, work, lambda made: one(request, "sales_channel", _show(made)))


class ChannelStockView(ApiView):
    access = {"GET": stock_access.READ}

    @schema.operation(
        id="listSalesChannelStock",
        summary="List what a sales channel can sell of each inventory item",
        tag=TAG,
        answer=schema.envelope("stock", shapes.ChannelStock, paged=True),
        example=stock_examples.page("stock", _STOCK),
        filters=ItemFilters,
        description=f"{schema.OURS} Of stocked items, at the channel's linked locations that are active together.",
    )
    def get(self, request: Request, channel_id: str) -> HttpResponse:
        channel, query = bodies.path_id(ids.SALES_CHANNEL, channel_id, "sales channel"), queries.parameters(request)
        _show(channel)
        items = queries.filtered(ItemFilters, query, goods.stocked())
        page = pagination.page(query, items.order_by(*queries.ordering(query, {"sku": ("sku",)}, "sku")))
        available = available_in_channel(channel, [item.pk for item in page.rows])
        rows = [
            shapes.ChannelStock(inventory_item_id=item.public_id, sku=item.sku, available=available[item.pk])
            for item in page.rows
        ]
        return page.answer("stock", rows)


class LocationChannelsView(ApiView):
    access = {"POST": WRITE}
    audited = {"POST": "changed"}

    @schema.operation(
        id="linkSalesChannels",
        summary="Choose the sales channels that sell from a stock location",
        tag=TAG,
        body=LinkChannels,
        body_example={"add": [_EXAMPLE["id"]]},
        answer=schema.envelope("stock_location", stock_shapes.Location),
        example={"stock_location": stock_examples.LOCATION},
    )
    def post(self, request: Request, location_id: str) -> HttpResponse:
        location = bodies.path_id(ids.STOCK_LOCATION, location_id, "stock location")
        body = bodies.read(request, LinkChannels)
        add, remove = (
            [bodies.public_id(ids.SALES_CHANNEL, text, f"/{name}/{index}", "sales channel") for index, text in found]
            for name, found in (("add", enumerate(body.add)), ("remove", enumerate(body.remove)))
        )

        def work() -> None:
            channels.link_channels(location_id=location, add=add, remove=remove)

        return idempotency.answer(request, work, lambda _: one(request, "stock_location", locations.show(location)))
