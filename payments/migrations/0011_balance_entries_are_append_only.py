from django.db import migrations

TABLES = ("payments_giftcardentry", "payments_storecreditentry")
REFUSE = """
CREATE FUNCTION payments_refuse_entry_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.note = '' AND to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note' THEN
        RETURN NEW;  -- what was noted about a person can be forgotten
    END IF;
    RAISE EXCEPTION 'entries of balances are append-only: % of row % refused', TG_OP, OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION payments_refuse_entry_change();\n"
    for table in TABLES
)
ALLOW = (
    "".join(f"DROP TRIGGER {table}_is_append_only ON {table};\n" for table in TABLES)
    + "DROP FUNCTION payments_refuse_entry_change();"
)


class Migration(migrations.Migration):
    """What moved a balance is not rewritten: the balance is its sum. A note may be emptied, and nothing else."""

    dependencies = [("payments", "0010_gift_cards_and_store_credit")]

    operations = [migrations.RunSQL(REFUSE, reverse_sql=ALLOW)]
