from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.providers.base import Inventory
        from inventory.providers.stock_locations import StockLocations
        from inventory.services import ledger, promises
        from inventory.services.personal import ReservationKeeper
        from inventory.services.pool import filling
        from inventory.services.pool import ledger as pool_ledger
        from oms.core import personal, providers

        providers.declare("SOURCING", interface=None)
        providers.declare("INVENTORY", interface=Inventory)
        providers.declare("STOCK_LOCATIONS", interface=StockLocations)
        ledger.freed.register(promises.fill_soon)
        pool_ledger.freed.register(filling.fill_soon)
        personal.register("inventory", ReservationKeeper())
