from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"

    def ready(self) -> None:
        from fulfillment.services.personal import FulfillmentKeeper
        from oms.core import personal

        personal.register("fulfillment", FulfillmentKeeper())
