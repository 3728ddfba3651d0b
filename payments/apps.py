from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from oms.core import personal, providers
        from payments import tasks
        from payments.providers import known
        from payments.providers.base import PaymentProvider
        from payments.services import attempts, webhooks
        from payments.services.personal import BalanceKeeper, PaymentKeeper

        providers.declare(known.KIND, interface=PaymentProvider, many=True)
        attempts.wanted.register(tasks.resume_soon)
        webhooks.wanted.register(tasks.process_webhook_soon)
        personal.register("payments", PaymentKeeper())
        personal.register("balances", BalanceKeeper())
