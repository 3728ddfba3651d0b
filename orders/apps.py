from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from oms.core import hooks as kernel
        from oms.core import personal, providers
        from orders import hooks
        from orders.services import settlement
        from orders.services.bulk_personal import BulkKeeper

        providers.declare("SALES_CHANNELS", interface=None)

        kernel.order_change.register(hooks.order_change)
        kernel.orders_change.register(hooks.orders_change)
        kernel.order_of_line.register(hooks.order_of_line)
        kernel.money_change.register(settlement.told_by_payments)
        personal.register("orders.bulk", BulkKeeper())
