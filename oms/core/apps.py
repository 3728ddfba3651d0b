from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "oms.core"
    label = "core"
    verbose_name = "Kernel"

    def ready(self) -> None:
        from oms.core import (
            checks,  # noqa: F401  (registers the system checks)
            personal,
        )

        personal.register("core", personal.KernelKeeper())
