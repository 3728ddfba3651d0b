"""The buttons of a customer's page that hand out and erase what is kept about them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from orders.models import Customer
from tests.console import messages_of, page
from tests.factories import StaffFactory
from tests.orders.persons import a_house, found_in, somebody
from tests.scenarios import placed_order

pytestmark = pytest.mark.django_db


def _act(name: str, customer: Customer) -> str:
    return reverse(f"admin:orders_customer_{name}", args=[customer.pk])


def test_the_page_warns_what_goes_and_the_button_erases_it(client, tmp_path):
    customer = somebody(a_house(), tmp_path)
    client.force_login(StaffFactory())

    before = client.get(page("orders_customer", customer.pk)).content.decode()
    pressed = client.post(_act("erase", customer), follow=True)

    assert "also from 2 orders" in before
    assert messages_of(pressed) == ["Who this customer was is erased. Their orders are kept without them."]
    assert "Erase this customer" not in pressed.content.decode()
    assert found_in() == {}


def test_everything_is_handed_out_as_a_download(client, tmp_path):
    customer = somebody(a_house(), tmp_path)
    client.force_login(StaffFactory())

    answer = client.post(_act("personal-data", customer))

    assert answer["Content-Disposition"] == f'attachment; filename="{customer.public_id}.json"'
    assert answer.json()["orders"][0]["email"] == "ottoline.q@kontor.example"


def test_an_open_order_is_named_and_nothing_is_erased(client):
    order = placed_order(a_house(), {"LAMP": 1}, email="ada@example.org")
    client.force_login(StaffFactory())

    pressed = client.post(_act("erase", order.customer), follow=True)

    (said,) = messages_of(pressed)
    assert f"#{order.number}" in said
    assert Customer.objects.get().email == "ada@example.org"


def test_who_may_not_sees_no_button_and_is_refused(client):
    customer = Customer.objects.create(email="ada@example.org")
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_customer", "change_customer"]))
    client.force_login(clerk)

    assert "personal-data" not in client.get(page("orders_customer", customer.pk)).content.decode()
    assert client.post(_act("erase", customer)).status_code == 403
    assert client.post(_act("personal-data", customer)).status_code == 403
    assert client.get(_act("erase", customer)).status_code == 405
    assert Customer.objects.get().email == "ada@example.org"
