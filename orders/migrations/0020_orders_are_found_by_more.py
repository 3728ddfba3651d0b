"""Finding by telephone number, by names and by the words of notes; the newest orders of a sku first.

Built without a lock. What an index takes over goes after it.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models
from django.db.models.functions import Left

from orders.models.lookups import PhoneBackwards


def _by_phone(name: str) -> models.Index:
    return models.Index(OpClass(PhoneBackwards("phone"), name="text_pattern_ops"), name=name)


def _by_words(name: str, *columns: str | Left) -> GinIndex:
    return GinIndex(SearchVector(*columns, config="simple"), name=name)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0015_customer_erased_at")]

    operations = [
        AddIndexConcurrently("order", _by_phone("order_by_phone")),
        AddIndexConcurrently("orderaddress", _by_phone("orderaddress_by_phone")),
        AddIndexConcurrently("customer", _by_phone("customer_by_phone")),
        AddIndexConcurrently("orderaddress", _by_words("orderaddress_by_name", "first_name", "last_name", "company")),
        AddIndexConcurrently("customer", _by_words("customer_by_name", "first_name", "last_name", "company_name")),
        RemoveIndexConcurrently("customer", "customer_by_last_name"),
        RemoveIndexConcurrently("customer", "customer_by_company_name"),
        AddIndexConcurrently("note", _by_words("note_by_words", Left("body", 20_000))),
        AddIndexConcurrently("orderline", models.Index(fields=["sku", "order"], name="orderline_by_sku_and_order")),
        RemoveIndexConcurrently("orderline", "orderline_by_sku"),
    ]
