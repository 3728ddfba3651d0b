"""Sales channels and imports in the console."""

from channels.admin import channel, exceptions, scheduled, source, upload  # noqa: F401  (each registers its models)
