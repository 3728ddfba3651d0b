from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from oms.core import personal
        from payments.services.personal import PaymentKeeper

        personal.register("payments", PaymentKeeper())
