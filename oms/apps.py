from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OmsConfig(AppConfig):
    name = "oms"
    verbose_name = "Order management"

    def ready(self) -> None:
        from oms import relay
        from oms.core import hooks
        from oms.operation import observing_tasks

        observing_tasks.connect()
        hooks.nudge_relay.register(relay.nudge)
        # Every installed app's events, list of who listens to what, what it keeps for how long, and who may see what.
        autodiscover_modules("events", "handlers", "retention", "limits")
