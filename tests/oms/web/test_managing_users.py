"""Who manages users without being a superuser gets nowhere by it where they may not go themselves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from tests.console import page
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
NEW = "another long one 5"


def _manager():
    manager = StaffFactory(username="manager", is_superuser=False)
    manager.groups.add(Group.objects.get(name="support"))
    manager.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user", "add_user"]))
    return manager


def _colleague(name, *, role="", permission="", **fields):
    colleague = StaffFactory(username=name, is_superuser=False, **fields)
    if role:
        colleague.groups.add(Group.objects.get(name=role))
    if permission:
        colleague.user_permissions.add(Permission.objects.get(codename=permission))
    return colleague


def test_a_password_is_set_only_for_people_who_may_do_no_more(client):
    people = [
        _colleague("support", role="support"),
        _colleague("merchant", role="merchant"),
        _colleague("keys", permission="add_apikey"),
        _colleague("asleep", role="merchant", is_active=False),
        StaffFactory(username="boss"),
    ]
    client.force_login(_manager())

    for each in people:
        client.post(
            reverse("admin:auth_user_password_change", args=[each.pk]),
            {"password1": NEW, "password2": NEW, "usable_password": "true"},
        )

    assert [each.username for each in User.objects.order_by("pk") if each.check_password(NEW)] == ["support"]


def test_nobody_is_given_another_role_or_limits_by_who_may_do_less(client):
    merchant = _colleague("merchant", role="merchant")
    client.force_login(_manager())

    given = {"username": "merchant", "date_joined_0": "2026-01-01", "date_joined_1": "10:00", "is_staff": "on"}
    refused = client.post(page("auth_user", merchant.pk), given)

    assert refused.status_code == 403
    assert [group.name for group in merchant.groups.all()] == ["merchant"]
