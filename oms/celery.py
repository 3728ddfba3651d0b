"""The Celery app. Tasks live in each app's tasks.py; the kernel's are in `oms.relay` and `oms.pruning`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")

app = Celery("oms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["oms"], related_name="relay")
app.autodiscover_tasks(["oms"], related_name="pruning")
