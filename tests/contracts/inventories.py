"""Every inventory that must keep the contract, with what its tests need besides the interface: goods, and the books.

A new implementation adds a house of its own here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol
from unittest import mock

from django.conf import settings
from django.db.models import Model
from django.test import override_settings

from inventory.models import InventoryItem, InventoryLevel, PooledMovement, PooledStock, StockLocation, StockMovement
from inventory.providers.local import LocalInventory
from inventory.providers.pooled import PooledInventory
from inventory.services import levels
from inventory.services.adjustments import adjust_stock
from inventory.services.pool import ledger as pool_ledger
from inventory.services.pool.adjusting import adjust_pooled_stock
from tests.factories import InventoryItemFactory, SalesChannelFactory
from tests.scenarios import STAFF, Shop, shop

Books = tuple[int, int, int]  # on hand, reserved, backordered


class House(Protocol):
    """Goods in one place of an implementation. `careless`: a subclass of it that does not lock what it reserves."""

    path: ClassVar[str]
    careless: ClassVar[str]
    ledger: ClassVar[type[Model]]

    def open(self, stock: Mapping[str, int], **item: Any) -> Shop:
        """A shop with so many of each sku."""
        ...

    def bring(self, sku: str, units: int) -> None:
        """Goods come, or are taken away when below zero."""
        ...

    def books(self, sku: str) -> Books: ...

    def forge(self, sku: str) -> None:
        """Change a counter behind the ledger's back."""
        ...


class LocalHouse:
    path = "inventory.providers.local.LocalInventory"
    careless = "tests.contracts.inventories.CarelessLocal"
    ledger = StockMovement

    def open(self, stock: Mapping[str, int], **item: Any) -> Shop:
        return shop({"W1": stock}, **item)

    def bring(self, sku: str, units: int) -> None:
        adjust_stock(
            item_id=InventoryItem.objects.get(sku=sku).pk,
            location_id=StockLocation.objects.get(code="w1").pk,
            delta=units,
            reason="correction",
            actor=STAFF,
        )

    def books(self, sku: str) -> Books:
        return InventoryLevel.objects.values_list("on_hand", "reserved", "backordered").get(item__sku=sku)

    def forge(self, sku: str) -> None:
        InventoryLevel.objects.filter(item__sku=sku).update(reserved=1)


class PooledHouse:
    path = "inventory.providers.pooled.PooledInventory"
    careless = "tests.contracts.inventories.CarelessPooled"
    ledger = PooledMovement

    def open(self, stock: Mapping[str, int], **item: Any) -> Shop:
        items = {sku: InventoryItemFactory(sku=sku, **item) for sku in stock}
        for sku, units in stock.items():
            if units:
                self.bring(sku, units)
        return Shop(SalesChannelFactory(), {}, items)

    def bring(self, sku: str, units: int) -> None:
        item = InventoryItem.objects.get(sku=sku)
        adjust_pooled_stock(item_id=item.pk, delta=units, reason="correction", actor=STAFF)

    def books(self, sku: str) -> Books:
        found = PooledStock.objects.filter(item__sku=sku).values_list("on_hand", "reserved", "backordered")
        return found.first() or (0, 0, 0)

    def forge(self, sku: str) -> None:
        PooledStock.objects.filter(item__sku=sku).update(reserved=1)


HOUSES: Mapping[str, House] = {"local": LocalHouse(), "pooled": PooledHouse()}


@contextmanager
def in_use(path: str) -> Iterator[None]:
    with override_settings(OMS=settings.OMS | {"INVENTORY": path}):
        yield


@contextmanager
def _nothing_locked() -> Iterator[None]:
    with mock.patch.object(levels, "lock", levels.read), mock.patch.object(pool_ledger, "lock", pool_ledger.read):
        yield


class CarelessLocal(LocalInventory):
    """The control: it reads what it should lock."""

    def reserve(self, *args: Any, **kwargs: Any) -> Any:
        with _nothing_locked():
            return super().reserve(*args, **kwargs)


class CarelessPooled(PooledInventory):
    """The same of the other."""

    def reserve(self, *args: Any, **kwargs: Any) -> Any:
        with _nothing_locked():
            return super().reserve(*args, **kwargs)
