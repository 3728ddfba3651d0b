import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    dependencies = [("web", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "page",
                    models.CharField(
                        editable=False, help_text="The list that it narrows: orders_order.", max_length=120
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                (
                    "query",
                    models.CharField(blank=True, default="", help_text="The search and the filters.", max_length=2000),
                ),
                (
                    "is_shared",
                    models.BooleanField(
                        default=False,
                        help_text="Everybody who sees the list sees it.",
                        verbose_name="shared",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "permissions": [("share_savedview", "Can share saved views")],
                "constraints": [models.UniqueConstraint(fields=["page", "owner", "name"], name="savedview_name_once")],
                "indexes": [
                    models.Index(condition=models.Q(("is_shared", True)), fields=["page"], name="savedview_shared")
                ],
            },
        ),
    ]
