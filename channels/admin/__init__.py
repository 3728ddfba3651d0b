"""Sales channels and imports in the console."""

# Each registers its models, or what needs somebody.
from channels.admin import channel, columns, exceptions, rejects, scheduled, source, upload  # noqa: F401
