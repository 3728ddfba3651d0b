from payments.admin import balances, exceptions, payments, records, webhooks

__all__ = ["balances", "exceptions", "payments", "records", "webhooks"]
