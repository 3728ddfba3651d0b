"""Orders, their parts and their customers in the console."""

from orders.admin import customer, naming, order, parts  # noqa: F401  (each registers its models, or their names)
