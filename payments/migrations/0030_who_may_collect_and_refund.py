from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0021_what_needs_a_person_is_found")]

    operations = [
        migrations.AlterModelOptions(
            name="payment",
            options={
                "ordering": ["created_at", "id"],
                "permissions": [
                    ("capture_payment", "Can collect money: take, let go, mark as paid"),
                    ("refund_payment", "Can give money back"),
                ],
            },
        ),
    ]
