"""Orders, their parts and their customers in the console."""

from orders.admin import bulk_jobs, customer, naming, order, parts  # noqa: F401  (each registers its models, or names)
