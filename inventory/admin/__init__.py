"""Stock in the console: what is counted where, who holds it, how it came to be so. Counters move by services alone."""

from inventory.admin import documents, items, levels, pooled, warnings  # noqa: F401  (each registers its models)
