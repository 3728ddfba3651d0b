from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.services.personal import ReservationKeeper
        from oms.core import personal

        personal.register("inventory", ReservationKeeper())
