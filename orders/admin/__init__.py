"""Orders, their parts and their customers in the console."""

from orders.admin import customer, order, parts, sales  # noqa: F401  (each registers its models)
