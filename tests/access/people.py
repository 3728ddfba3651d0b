"""One of each role, and every route there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, get_resolver

from inventory.models import StockLocation
from oms.web.models import StaffLimits
from tests.factories import StaffFactory

ROLES = ("merchant", "warehouse", "support", "analyst")
METHODS = ("get", "post", "put", "patch", "delete")


def member(role: str) -> User:
    """Somebody with a role; of the warehouse, with every location there is."""
    user = StaffFactory(username=role, is_superuser=False)
    user.groups.add(Group.objects.get(name=role))
    if role == "warehouse":
        places = list(StockLocation.objects.values_list("pk", flat=True))
        StaffLimits.objects.create(user=user, location_ids=places)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def routes() -> Iterator[tuple[str, Any]]:
    """Every route with its view."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield path, each
        else:
            yield from _walk(each.url_patterns, path)


def api_routes() -> dict[str, type]:
    """`METHOD path` and the view behind it, of everything below /admin/, /auth/ and /webhooks/."""
    found = {}
    for path, route in routes():
        kind = getattr(route.callback, "cls", None)
        if kind is not None and path.startswith(("admin/", "auth/", "webhooks/")):
            found |= {f"{method.upper()} {path}": kind for method in METHODS if hasattr(kind, method)}
    return found
