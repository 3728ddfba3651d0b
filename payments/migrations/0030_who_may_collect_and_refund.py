from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_provider_events_are_append_only")]

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
