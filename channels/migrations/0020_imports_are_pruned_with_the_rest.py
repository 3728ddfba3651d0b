from django.db import migrations


def forget_the_schedule(apps, schema_editor):
    """Beat keeps what settings no longer name, and would send a task that is gone."""
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task="channels.tasks.prune_imports").delete()


class Migration(migrations.Migration):
    dependencies = [("channels", "0011_import_uploads")]

    operations = [migrations.RunPython(forget_the_schedule, migrations.RunPython.noop)]
