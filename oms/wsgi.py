"""The WSGI entry point for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
application = get_wsgi_application()

# What is loaded now stays. The garbage collector need not look through its 170,000 objects again and again: it held up
# one request in some dozens by more than a tenth of a second.
get_resolver().url_patterns  # noqa: B018  (loads every view)
gc.collect()
gc.freeze()
