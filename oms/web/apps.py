from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "oms.web"
    label = "web"
    verbose_name = "Access"

    def ready(self) -> None:
        from oms.core import personal
        from oms.web import schema  # noqa: F401  (drf-spectacular finds the descriptions of our authentication by import)
        from oms.web.logs import configure_structlog
        from oms.web.personal import ViewKeeper

        personal.register("web", ViewKeeper())
        configure_structlog()
