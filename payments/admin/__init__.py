from payments.admin import exceptions, payments, records, webhooks

__all__ = ["exceptions", "payments", "records", "webhooks"]
