from django.db import migrations, models


class Migration(migrations.Migration):
    """What the groups of the roles were given. The groups themselves are made right after, when all permissions are."""

    dependencies = [("web", "0040_limits")]

    operations = [
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=60)),
                ("permission", models.CharField(max_length=150)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddConstraint(
            "rolegrant", models.UniqueConstraint(fields=("role", "permission"), name="rolegrant_once")
        ),
    ]
