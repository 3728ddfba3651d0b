"""Its place was taken by delivery_open_in_order: a skipped delivery holds nobody up."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("core", "0011_delivery_open_indexes")]

    operations = [RemoveIndexConcurrently("delivery", "delivery_open_by_stream")]
