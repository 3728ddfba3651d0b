from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.services import ledger, promises

        ledger.freed.register(promises.fill_soon)
