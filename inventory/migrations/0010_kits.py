import django.db.models.deletion
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    """Items that are packed of other items."""

    dependencies = [("inventory", "0006_documents_by_reference")]

    operations = [
        migrations.AddField(
            "inventoryitem",
            "is_kit",
            models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Packed of other items.",
                verbose_name="kit",
            ),
        ),
        migrations.CreateModel(
            name="KitComponent",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("quantity", models.PositiveIntegerField(default=1)),
                (
                    "kit_is_kit",
                    models.GeneratedField(
                        db_persist=True, expression=models.Value(True), output_field=models.BooleanField()
                    ),
                ),
                (
                    "component_is_kit",
                    models.GeneratedField(
                        db_persist=True, expression=models.Value(False), output_field=models.BooleanField()
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kits",
                        to="inventory.inventoryitem",
                    ),
                ),
                (
                    "kit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="components",
                        to="inventory.inventoryitem",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("kit", "component"), name="kitcomponent_once"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="kitcomponent_quantity_positive"
                    ),
                ],
            },
        ),
    ]
