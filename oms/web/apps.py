from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "oms.web"
    label = "web"
    verbose_name = "Access"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from oms.web import (
            audit,
            roles,
            schema,  # noqa: F401  (drf-spectacular finds the descriptions of our authentication by import)
            sessions,
        )
        from oms.web.logs import configure_structlog

        configure_structlog()
        audit.connect()
        sessions.connect()
        post_migrate.connect(roles.keep_groups, sender=self, dispatch_uid="oms.web.roles")
