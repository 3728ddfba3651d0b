from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"

    def ready(self) -> None:
        from fulfillment.providers.base import FulfillmentProvider
        from fulfillment.services.personal import FulfillmentKeeper
        from oms.core import personal, providers

        providers.declare("FULFILLMENT_PROVIDERS", interface=FulfillmentProvider, many=True)
        personal.register("fulfillment", FulfillmentKeeper())
