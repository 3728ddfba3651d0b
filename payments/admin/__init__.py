from payments.admin import balances, exceptions, gift_cards, payments, records, store_credit, webhooks

__all__ = ["balances", "exceptions", "gift_cards", "payments", "records", "store_credit", "webhooks"]
