from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"

    def ready(self) -> None:
        from channels.adapters.base import Format
        from oms.core import providers

        providers.declare("ORDER_FORMATS", interface=Format, many=True)
