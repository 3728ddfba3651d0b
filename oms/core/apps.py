from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "oms.core"
    label = "core"
    verbose_name = "Kernel"

    def ready(self) -> None:
        from oms.core import checks, listening, personal  # noqa: F401  (the first two register system checks)

        personal.register("core", personal.KernelKeeper())
