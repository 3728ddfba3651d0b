"""What lists of stock can be asked for, by the contract's names."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django_filters import Filter, FilterSet

from inventory.enums import ArrivalStatus, CountStatus, TransferStatus
from inventory.models import InventoryItem, StockLocation
from oms.core import ids
from oms.web.filters import IdsFilter, WordsFilter, YesNoFilter, moments


class ItemFilters(FilterSet):
    """`q`: how a sku begins, without regard to case."""

    id = IdsFilter(ids.INVENTORY_ITEM, field_name="pk")
    sku = WordsFilter()
    q = Filter(method="by_search", help_text="How a sku begins, without regard to case.")

    def by_search(self, rows: QuerySet[InventoryItem], name: str, value: str) -> QuerySet[InventoryItem]:
        return rows.alias(upper_sku=Upper("sku")).filter(upper_sku__startswith=value.upper()) if value else rows


class LocationFilters(FilterSet):
    """`q`: a part of the name or the code, without regard to case."""

    id = IdsFilter(ids.STOCK_LOCATION, field_name="pk")
    name = WordsFilter()
    code = WordsFilter()
    q = Filter(method="by_search", help_text="A part of the name or the code, without regard to case.")

    def by_search(self, rows: QuerySet[StockLocation], name: str, value: str) -> QuerySet[StockLocation]:
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value)) if value else rows


class LevelFilters(FilterSet):
    location_id = IdsFilter(ids.STOCK_LOCATION, field_name="location_id")


class ReservationFilters(FilterSet):
    id = IdsFilter(ids.RESERVATION, field_name="pk")
    inventory_item_id = IdsFilter(ids.INVENTORY_ITEM, field_name="level__item_id")
    location_id = IdsFilter(ids.STOCK_LOCATION, field_name="level__location_id")
    line_item_id = IdsFilter(ids.ORDER_LINE, field_name="line_id")
    order_id = IdsFilter(ids.ORDER, field_name="order_id")


class ArrivalFilters(FilterSet):
    id = IdsFilter(ids.ARRIVAL, field_name="pk")
    status = WordsFilter(known=list(ArrivalStatus.values))
    location_id = IdsFilter(ids.STOCK_LOCATION, field_name="location_id")
    reference = WordsFilter()


class TransferFilters(FilterSet):
    id = IdsFilter(ids.TRANSFER, field_name="pk")
    status = WordsFilter(known=list(TransferStatus.values))
    source_location_id = IdsFilter(ids.STOCK_LOCATION, field_name="source_id")
    target_location_id = IdsFilter(ids.STOCK_LOCATION, field_name="target_id")
    reference = WordsFilter()


class CountFilters(FilterSet):
    id = IdsFilter(ids.STOCK_COUNT, field_name="pk")
    status = WordsFilter(known=list(CountStatus.values))
    location_id = IdsFilter(ids.STOCK_LOCATION, field_name="location_id")
    reference = WordsFilter()


class ShortageFilters(FilterSet):
    """`open`: nobody has dealt with it yet."""

    id = IdsFilter(ids.STOCK_SHORTAGE, field_name="pk")
    open = YesNoFilter(field_name="settled_at", lookup_expr="isnull")
    order_id = IdsFilter(ids.ORDER, field_name="order_id")
    location_id = IdsFilter(ids.STOCK_LOCATION, field_name="level__location_id")


class AlertFilters(FilterSet):
    """`open`: there is no more than the threshold yet."""

    id = IdsFilter(ids.LOW_STOCK_ALERT, field_name="pk")
    open = YesNoFilter(field_name="cured_at", lookup_expr="isnull")
    inventory_item_id = IdsFilter(ids.INVENTORY_ITEM, field_name="level__item_id")
    location_id = IdsFilter(ids.STOCK_LOCATION, field_name="level__location_id")


_dated: tuple[type[FilterSet], ...] = (ItemFilters, LocationFilters, ReservationFilters)
for _kind in _dated:
    _kind.base_filters.update(moments("created_at", "created_at") | moments("updated_at", "updated_at"))
