from django.db import migrations

REFUSE = """
CREATE FUNCTION payments_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of provider events is append-only: % of row % refused', TG_OP, OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payments_events_are_append_only BEFORE UPDATE OR DELETE ON payments_providerevent
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_event_change();
"""
ALLOW = """
DROP TRIGGER payments_events_are_append_only ON payments_providerevent;
DROP FUNCTION payments_refuse_event_change();
"""


class Migration(migrations.Migration):
    """What a provider told is not rewritten: amounts follow from it."""

    dependencies = [("payments", "0002_money_moves_by_attempts")]

    operations = [migrations.RunSQL(REFUSE, reverse_sql=ALLOW)]
