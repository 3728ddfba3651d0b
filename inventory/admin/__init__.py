"""Stock in the console: what is counted where, who holds it, how it came to be so. Counters move by services alone."""

from inventory.admin import (  # noqa: F401  (each registers its models)
    arrivals,
    documents,
    exceptions,
    items,
    levels,
    pooled,
    stock_counts,
    transfers,
    warnings,
)
