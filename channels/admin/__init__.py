"""Sales channels and imports in the console."""

from channels.admin import channel, columns, rejects, scheduled, source, upload  # noqa: F401  (each registers its models)
