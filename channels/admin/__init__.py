"""Sales channels and imports in the console."""

from channels.admin import channel, source  # noqa: F401  (each registers its models)
