from django.db import migrations, models

REFUSE = """
CREATE OR REPLACE FUNCTION payments_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.dealt_with_at IS NULL AND NEW.dealt_with_at IS NOT NULL AND OLD.problem <> ''
        AND to_jsonb(NEW) - '{dealt_with_at,dealt_with_by}'::text[]
            = to_jsonb(OLD) - '{dealt_with_at,dealt_with_by}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the log of provider events is append-only: % of row % refused', TG_OP, OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
REFUSE_ALL = """
CREATE OR REPLACE FUNCTION payments_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of provider events is append-only: % of row % refused', TG_OP, OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    """What needs a person can be dealt with; of what a provider told, only that is ever written."""

    dependencies = [("payments", "0011_balance_entries_are_append_only")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="expiry_checked_at",
            field=models.DateTimeField(
                blank=True, help_text="When its provider was asked what became of it.", null=True
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="expiry_warned_at",
            field=models.DateTimeField(blank=True, help_text="When it was told that it ends soon.", null=True),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="dealt_with_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="dealt with"),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="dealt_with_by",
            field=models.JSONField(blank=True, null=True, verbose_name="dealt with by"),
        ),
        migrations.AddField(
            model_name="providerevent",
            name="dealt_with_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="dealt with"),
        ),
        migrations.AddField(
            model_name="providerevent",
            name="dealt_with_by",
            field=models.JSONField(blank=True, null=True, verbose_name="dealt with by"),
        ),
        migrations.AddField(
            model_name="providerwebhook",
            name="dealt_with_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="dealt with"),
        ),
        migrations.AddField(
            model_name="providerwebhook",
            name="dealt_with_by",
            field=models.JSONField(blank=True, null=True, verbose_name="dealt with by"),
        ),
        migrations.AddField(
            model_name="providerwebhook",
            name="error",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="providerwebhook",
            name="other_body",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="providerwebhook",
            name="problem",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unknown_reference", "names a payment that nobody here knows"),
                    ("differs", "came again with other contents"),
                    ("failed", "cannot be processed"),
                ],
                default="",
                max_length=255,
            ),
        ),
        migrations.RunSQL(REFUSE, reverse_sql=REFUSE_ALL),
    ]
