"""The console speaks German where a browser asks for it: the page of an order and exceptions, with no English left."""

from __future__ import annotations

import ast
import gettext
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation.template import templatize

from fulfillment.services.fulfillments import Tracking
from oms.management import catalogues
from orders.enums import HoldReason
from orders.models import Order
from orders.requests import CreditRequest, CustomerRequest, LineRequest, PaymentRequest, ShippingRequest, TaxRequest
from orders.services import fulfilling, holds, notes, shipping
from tests.console import a_house, act, messages_of, page
from tests.factories import StaffFactory
from tests.oms.web.test_exceptions_page import trouble
from tests.scenarios import STAFF, items_of, kit, placed_order, shop

BASE = Path(settings.BASE_DIR)
GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de"}
TRANSLATED = [
    *(BASE / f"orders/admin/{name}.py" for name in ("acts", "act_forms", "effects", "exceptions", "order_views")),
    *(BASE / f"orders/admin/{name}.py" for name in ("page", "steps", "words")),
    *(BASE / f"orders/admin/{name}.py" for name in ("money", "money_acts", "money_steps", "money_words")),
    *(BASE / f"orders/admin/{name}.py" for name in ("refund_page", "refund_views")),
    *(BASE / f"oms/web/{name}.py" for name in ("console/attention_page", "outbox_exceptions", "time_zones")),
    *(BASE / f"{app}/admin/exceptions.py" for app in ("inventory", "channels")),
    *sorted((BASE / "payments/admin").glob("*.py")),
    BASE / "orders/admin/money_exceptions.py",
    *sorted((BASE / "templates/admin/orders/order").glob("*.html")),
    *sorted((BASE / "templates/admin/payments").glob("*.html")),
    *(BASE / f"templates/admin/web/{name}.html" for name in ("exceptions", "time_zone")),
]
# Pages of others that lie beside ours.
NOT_YET = {"actions.html", "bulk.html"}


def german() -> catalogues.Messages:
    return catalogues.read_po((BASE / "locale/de/LC_MESSAGES/django.po").read_text())


def wrapped(file: Path) -> Iterator[str]:
    """The strings of a file that are to be translated; of plural ones both forms."""
    text = file.read_text()
    if file.suffix == ".html":  # becomes something like Python, without its placeholders' values
        calls = re.findall(r"\bn?gettext\((u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))", templatize(text))
        yield from (ast.literal_eval(call) for call in calls)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in {"_", "_now", "gettext", "gettext_lazy", "ngettext"} and isinstance(first, ast.Constant):
                yield first.value


def test_every_string_of_these_pages_is_in_the_catalogue():
    known = {key.split("\0")[0] for key in german()}

    missing = {
        f"{file.name}: {text}"
        for file in TRANSLATED
        if file.name not in NOT_YET
        for text in wrapped(file)
        if text not in known
    }

    assert missing == set()


def test_a_translation_keeps_the_places_for_facts():
    places = re.compile(r"%\(\w+\)[sd]|%[sd]")

    wrong = {
        key: value for key, value in german().items() if key and set(places.findall(value)) != set(places.findall(key))
    }

    assert wrong == {}


@pytest.mark.parametrize("po", list(catalogues.catalogues()), ids=lambda po: po.parent.parent.name)
def test_what_django_reads_is_what_people_wrote(po):
    """Otherwise: python manage.py compile_catalogues."""
    messages = catalogues.read_po(po.read_text())

    made = po.with_suffix(".mo").read_bytes()

    assert made == catalogues.compiled(messages)
    read = gettext.GNUTranslations(io.BytesIO(made))
    assert all(read.gettext(key) == value for key, value in messages.items() if "\0" not in key and key)


def test_a_line_that_is_none_is_named():
    with pytest.raises(catalogues.Unreadable, match="line 3"):
        catalogues.read_po('msgid "a"\nmsgstr "b"\nnonsense\n')


def test_what_somebody_must_look_at_is_left_out():
    text = '#, fuzzy\nmsgid "a"\nmsgstr "b"\n\nmsgid "c"\nmsgstr ""\n\nmsgid "d"\nmsgstr ""\n"e"\n" f"\n'

    assert catalogues.read_po(text) == {"d": "e f"}


class Texts(HTMLParser):
    """What a person reads, or hears, of the content of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.depth = self.silent = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if self.depth or given.get("id") == "content-main":
            if tag not in {"input", "br"}:
                self.depth += 1
                self.silent += bool(self.silent) or given.get("aria-hidden") == "true"  # an icon is a word underneath
            self.found.update(filter(None, (given.get(name) for name in ("placeholder", "aria-label", "data-label"))))

    def handle_endtag(self, tag):
        self.depth -= bool(self.depth)
        self.silent -= bool(self.silent)

    def handle_data(self, data):
        if self.depth and not self.silent:
            self.found.add(" ".join(data.split()))


def in_both(client, address, **query):
    """The texts of a page that read the same in English and German, without figures and signs."""
    english, translated = (
        Texts(client.get(address, query, **headers).content.decode()).found for headers in ({}, GERMAN)
    )
    assert len(translated) > 10
    return {re.sub(r"[^A-Za-z]+", " ", text).strip() for text in english & translated} - {""}


@pytest.mark.django_db
def test_the_page_of_an_order_has_no_english_left(client):
    client.force_login(StaffFactory(username="QQ"))
    house = shop({"W1": {"LAMP": 9, "BULB": 9}, "W2": {"LAMP": 9}})
    kit(house, "GIFT", {"LAMP": 1, "BULB": 2})
    known = {
        "customer": CustomerRequest(last_name="QQ"),
        "email": "q@example.com",
        "shipping_methods": [ShippingRequest(name="QQ", amount=Decimal(5))],
        "credit_lines": [CreditRequest(amount=Decimal(2))],
        "payments": [PaymentRequest(amount=Decimal(20), method="QQ")],
    }
    tax = [TaxRequest(name="QQ", rate=Decimal(20))]
    lines = [
        LineRequest(sku=sku, title="QQ", quantity=3, unit_price=Decimal(10), tax_lines=tax) for sku in ("LAMP", "GIFT")
    ]
    order = placed_order(house, lines, **known)
    placed_order(house, {"LAMP": 1}, **known)
    address = page("orders_order", order.pk)
    seen = in_both(client, address)
    packed = [
        fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 1}), actor=STAFF)
        for _ in range(2)
    ]
    shipping.create_shipment(
        order_id=order.pk, fulfillment_id=packed[0].pk, parcels=[Tracking(number="1")], actor=STAFF
    )
    later = timezone.now() + timedelta(days=1)
    holds.place_hold(order_id=order.pk, reason=HoldReason.FRAUD, note="QQ", release_at=later, actor=STAFF)
    notes.add_note(order_id=order.pk, body="QQ", actor=STAFF)
    notes.change_tags(order_id=order.pk, add=["QQ"], actor=STAFF)
    seen |= in_both(client, address)
    Order.objects.filter(pk=order.pk).update(status="requires_action")
    seen |= in_both(client, address)

    data = {"QQ", "W", "LAMP", "BULB", "GIFT", "q", "example", "com", "clerk", "Shop", "UTC", "x", "USD", "https"}
    assert {text for text in seen if not set(text.split()) <= data} == set()


@pytest.mark.django_db
def test_exceptions_have_no_english_left(client):
    client.force_login(StaffFactory(username="QQ"))
    trouble(a_house(), 1)

    seen = in_both(client, reverse("console_exceptions"))

    data = {"script", "alert", "csv", "Shop", "W", "SKU", "C", "bank", "reference", "odd", "ended", "cart"}
    assert {text for text in seen if not set(text.split()) <= data} == set()


@pytest.mark.django_db
def test_a_refusal_is_said_in_german(client):
    client.force_login(StaffFactory())
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 1})
    holds.place_hold(order_id=order.pk, reason=HoldReason.FRAUD, actor=STAFF)

    refused = client.post(act(order, "fulfill"), {f"quantity_{order.lines.get().pk}": 1}, **GERMAN)

    assert messages_of(refused) == [f"Bestellung {order} ist angehalten (Betrugsverdacht). Geben Sie sie erst frei."]


@pytest.mark.django_db
def test_a_language_that_the_console_does_not_speak_is_answered_in_english(client):
    client.force_login(StaffFactory())

    html = client.get(reverse("console_exceptions"), HTTP_ACCEPT_LANGUAGE="fr").content.decode()

    assert "Nothing needs you" in html
    assert 'lang="en"' in html
