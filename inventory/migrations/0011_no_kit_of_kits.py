from django.db import migrations, models

BUILD = 'CREATE UNIQUE INDEX CONCURRENTLY "inventoryitem_kit_or_not" ON "inventory_inventoryitem" ("id", "is_kit")'
ADOPT = (
    'ALTER TABLE "inventory_inventoryitem"'
    ' ADD CONSTRAINT "inventoryitem_kit_or_not" UNIQUE USING INDEX "inventoryitem_kit_or_not"'
)
DROP = 'ALTER TABLE "inventory_inventoryitem" DROP CONSTRAINT "inventoryitem_kit_or_not"'
REFER = """
ALTER TABLE inventory_kitcomponent
    ADD CONSTRAINT kitcomponent_kit_is_a_kit
        FOREIGN KEY (kit_id, kit_is_kit) REFERENCES inventory_inventoryitem (id, is_kit),
    ADD CONSTRAINT kitcomponent_component_is_no_kit
        FOREIGN KEY (component_id, component_is_kit) REFERENCES inventory_inventoryitem (id, is_kit)
"""
FORGET = """
ALTER TABLE inventory_kitcomponent
    DROP CONSTRAINT kitcomponent_kit_is_a_kit, DROP CONSTRAINT kitcomponent_component_is_no_kit
"""


class Migration(migrations.Migration):
    """Who has components is a kit, and no component is one: neither kits of kits nor circles, whoever writes.

    The index is built beside the sales that go on.
    """

    atomic = False
    dependencies = [("inventory", "0010_kits")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL('DROP INDEX IF EXISTS "inventoryitem_kit_or_not"', migrations.RunSQL.noop),
                migrations.RunSQL(BUILD, migrations.RunSQL.noop),
                migrations.RunSQL(ADOPT, DROP),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "inventoryitem",
                    models.UniqueConstraint(fields=("id", "is_kit"), name="inventoryitem_kit_or_not"),
                ),
            ],
        ),
        migrations.RunSQL(REFER, FORGET),
    ]
