from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models


class Migration(migrations.Migration):
    """Items by barcode and by the words of their title, levels that are low or expect goods, what they expected at a
    past instant, and movements by kind. Built beside the sales that go on; an ordinary sale changes no column of them.
    """

    atomic = False
    dependencies = [("inventory", "0021_pooled_ledger_is_append_only")]

    operations = [
        AddIndexConcurrently(
            "inventoryitem",
            models.Index(
                condition=models.Q(("barcode", ""), _negated=True), fields=["barcode"], name="inventoryitem_barcode"
            ),
        ),
        AddIndexConcurrently(
            "inventoryitem",
            GinIndex(SearchVector("title", config="simple"), name="inventoryitem_title_words"),
        ),
        AddIndexConcurrently(
            "inventorylevel",
            models.Index(condition=models.Q(("is_low", True)), fields=["id"], name="inventorylevel_low"),
        ),
        AddIndexConcurrently(
            "inventorylevel",
            models.Index(condition=models.Q(("incoming__gt", 0)), fields=["id"], name="inventorylevel_incoming"),
        ),
        AddIndexConcurrently(
            "stockmovement",
            models.Index(
                condition=models.Q(
                    models.Q(("delta_backordered", 0), _negated=True),
                    models.Q(("delta_incoming", 0), _negated=True),
                    _connector="OR",
                ),
                fields=["level", "occurred_at"],
                name="stockmovement_expected",
            ),
        ),
        AddIndexConcurrently(
            "stockmovement",
            models.Index(
                condition=models.Q(("kind__in", ["reserve", "consume"]), _negated=True),
                fields=["kind", "id"],
                name="stockmovement_by_kind",
            ),
        ),
    ]
