from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.services import ledger, promises
        from oms.core import providers

        providers.declare("SOURCING", interface=None)
        ledger.freed.register(promises.fill_soon)
