from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"

    def ready(self) -> None:
        from channels.services.personal import ImportKeeper
        from oms.core import personal

        personal.register("channels", ImportKeeper())
