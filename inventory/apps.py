from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.services import ledger, promises
        from inventory.services.personal import ReservationKeeper
        from oms.core import personal, providers

        providers.declare("SOURCING", interface=None)
        ledger.freed.register(promises.fill_soon)
        personal.register("inventory", ReservationKeeper())
