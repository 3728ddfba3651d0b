from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from oms.core import providers

        providers.declare("SOURCING", interface=None)
