"""The composition root: settings, urls, Celery, servers. Packages below it never import it."""

from oms.celery import app as celery_app

__all__ = ["celery_app"]
