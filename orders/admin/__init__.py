"""Orders, their parts and their customers in the console."""

# Each registers its models, their names, or what needs somebody.
from orders.admin import bulk_jobs, customer, exceptions, money_exceptions, naming, order, parts, sales  # noqa: F401
