"""The groups that come with the house."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from oms.web import roles
from oms.web.models import RoleGrant

pytestmark = pytest.mark.django_db


def _given(role):
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def test_after_a_migrate_each_role_is_a_group_that_may_do_what_is_written_down():
    assert {role: _given(role) for role in roles.ROLES} == roles.ROLES


def test_what_staff_take_from_a_group_is_not_given_again_and_a_deleted_group_stays_deleted():
    support = Group.objects.get(name="support")
    support.permissions.remove(Permission.objects.get(codename="change_customer"))
    Group.objects.get(name="analyst").delete()

    call_command("migrate", verbosity=0)

    assert _given("support") == roles.ROLES["support"] - {"orders.change_customer"}
    assert not Group.objects.filter(name="analyst").exists()


def test_what_a_release_adds_is_given_and_what_staff_gave_stays():
    support = Group.objects.get(name="support")
    support.permissions.add(Permission.objects.get(codename="add_order"))
    support.permissions.remove(Permission.objects.get(codename="change_order"))
    RoleGrant.objects.filter(role="support", permission="orders.change_order").delete()

    roles.keep_groups()

    assert _given("support") == roles.ROLES["support"] | {"orders.add_order"}


def test_a_group_that_had_the_name_before_is_taken_for_the_role():
    RoleGrant.objects.all().delete()
    Group.objects.all().delete()
    Group.objects.create(name="warehouse")

    roles.keep_groups()
    roles.keep_groups()

    assert {role: _given(role) for role in roles.ROLES} == roles.ROLES
    assert Group.objects.count() == len(roles.ROLES)
