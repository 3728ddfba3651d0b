from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"

    def ready(self) -> None:
        from fulfillment.providers.base import FulfillmentProvider
        from oms.core import providers

        providers.declare("FULFILLMENT_PROVIDERS", interface=FulfillmentProvider, many=True)
