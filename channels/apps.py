from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"

    def ready(self) -> None:
        from channels.adapters.base import Format
        from channels.services.personal import ImportKeeper
        from channels.services.personal_files import FileKeeper
        from oms.core import personal, providers

        providers.declare("ORDER_FORMATS", interface=Format, many=True)
        personal.register("channels", ImportKeeper())
        personal.register("channels.files", FileKeeper())
