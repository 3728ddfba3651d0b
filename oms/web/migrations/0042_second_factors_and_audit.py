import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import oms.core.fields
import oms.core.ids

REFUSE = """
CREATE FUNCTION web_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.occurred_at < now() - interval '30 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit is append-only: % of row % refused', TG_OP, OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER web_audit_is_append_only BEFORE UPDATE OR DELETE ON web_auditentry
    FOR EACH ROW EXECUTE FUNCTION web_refuse_audit_change();
"""
ALLOW = """
DROP TRIGGER web_audit_is_append_only ON web_auditentry;
DROP FUNCTION web_refuse_audit_change();
"""


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("web", "0041_roles")]

    operations = [
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="second_factor",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("secret", models.CharField(editable=False, max_length=64)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("last_step", models.BigIntegerField(default=0, editable=False)),
                (
                    "recovery",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
            ],
            options={
                "verbose_name": "second factor",
                "verbose_name_plural": "second factors",
                "default_permissions": ("view", "delete"),
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "occurred_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("action", models.CharField(max_length=40)),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.CharField(max_length=60)),
                ("actor_label", models.CharField(blank=True, default="", max_length=160)),
                ("subject", models.CharField(blank=True, default="", max_length=120)),
                ("subject_label", models.CharField(blank=True, default="", max_length=160)),
                ("details", models.JSONField(blank=True, default=dict)),
                ("address", models.CharField(blank=True, default="", max_length=50)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["action", "-id"], name="auditentry_by_action"),
                    models.Index(fields=["actor_label", "-id"], name="auditentry_by_actor"),
                    models.Index(fields=["subject", "-id"], name="auditentry_by_subject"),
                    models.Index(fields=["occurred_at"], name="auditentry_by_time"),
                ],
            },
        ),
        migrations.RunSQL(REFUSE, reverse_sql=ALLOW),
    ]
