"""manage.py export_customer and erase_customer."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from orders.models import Customer
from tests.orders.persons import a_house, found_in, somebody
from tests.scenarios import placed_order

pytestmark = pytest.mark.django_db


def _said(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_an_export_goes_to_a_new_file_that_nobody_else_may_read(tmp_path):
    customer = somebody(a_house(), tmp_path)
    file = tmp_path / "customer.json"

    _said("export_customer", customer.public_id, "--to", str(file))

    assert json.loads(file.read_text())["customer"][0]["email"] == "ottoline.q@kontor.example"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="File exists"):
        _said("export_customer", customer.public_id, "--to", str(file))


def test_everybody_with_an_address_is_erased_after_a_yes(tmp_path, monkeypatch):
    house = a_house()
    customer = somebody(house, tmp_path)
    Customer.objects.create(email="Ottoline.Q@kontor.example", has_account=True)
    ask = ("erase_customer", "--email", "ottoline.q@kontor.example")

    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        _said(*ask)
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    said = _said(*ask)
    again = _said("erase_customer", customer.public_id, "--yes")

    assert f"{customer.public_id}: erased from 2 orders." in said
    assert again.strip() == f"{customer.public_id}: was erased before; nothing was left."
    assert found_in() == {}


def test_where_nobody_can_be_asked_nobody_is_erased(tmp_path, monkeypatch):
    customer = somebody(a_house(), tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(CommandError, match="Nothing was erased"):
        _said("erase_customer", customer.public_id)

    customer.refresh_from_db()
    assert customer.erased_at is None


def test_an_open_order_ends_in_an_error_and_the_others_are_erased(capsys):
    house = a_house()
    placed_order(house, {"LAMP": 1}, email="ada@example.org")
    other = Customer.objects.create(channel=house.channel, external_id="7", email="ada@example.org")

    with pytest.raises(CommandError, match="1 of 2 customers were not erased"):
        _said("erase_customer", "--email", "ada@example.org", "--yes")

    other.refresh_from_db()
    assert (other.email, Customer.objects.filter(email="ada@example.org").count()) == ("", 1)


@pytest.mark.parametrize("arguments", [(), ("cus_1", "--email", "a@b.example"), ("cus_1",), ("--email", "a@b.example")])
def test_who_is_meant_must_be_said_and_exist(arguments):
    with pytest.raises(CommandError):
        _said("erase_customer", *arguments, "--yes")
