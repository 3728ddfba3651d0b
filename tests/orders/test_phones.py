"""Telephone numbers in all the ways people write them."""

from __future__ import annotations

import pytest

from orders.phones import PhoneTerm, phone_term


def test_a_number_with_its_country_is_also_looked_for_as_it_is_dialled_at_home():
    at_home, abroad, with_trunk_zero = "2079460958"[::-1], "442079460958"[::-1], "4402079460958"[::-1]

    assert phone_term("02079460958") == PhoneTerm(at_home)
    assert phone_term("+44 (0)20 7946-0958") == PhoneTerm(abroad, (at_home, abroad, with_trunk_zero))
    assert phone_term("0044 20 7946 0958") == phone_term("442079460958") == phone_term("+44 (0)20 7946-0958")
    assert phone_term("+1 (541) 754-3010 x12") == PhoneTerm(
        "15417543010"[::-1], ("5417543010"[::-1], "15417543010"[::-1], "105417543010"[::-1])
    )
    assert phone_term("+420 777 123 456").whole[0] == "777123456"[::-1]
    assert phone_term("460958") == PhoneTerm("460958"[::-1])


@pytest.mark.parametrize("term", ["60958", "", "+", "LAMP-123456", "ada@example.com", "000000", "12 Acacia Road 12345"])
def test_what_is_no_number_or_too_little_of_one_is_not_looked_for_as_one(term):
    assert phone_term(term) is None
