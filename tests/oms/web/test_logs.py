"""A line of the log and the answer to its request find together, and no line tells of a person or a secret."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
import structlog
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection
from structlog.stdlib import ProcessorFormatter

from channels.services.imports import Wish, import_file
from oms.web.logs import json_formatter, scrub
from orders.api import base
from orders.models import Customer
from tests.api import Api, key, order_body
from tests.scenarios import STAFF, placed_order, shop

PERSON = {
    "email": "ada.lovelace@example.org",
    "phone": "+44 20 7946 0018",
    "last_name": "Lovelace",
    "address_1": "12 St James's Square",
}


@pytest.fixture
def console():
    """The handler that writes the log, writing to memory."""
    (handler,) = [each for each in logging.getLogger().handlers if isinstance(each.formatter, ProcessorFormatter)]
    written = io.StringIO()
    before, formatter = handler.setStream(written), handler.formatter
    handler.written = written
    yield handler
    handler.setStream(before)
    handler.setFormatter(formatter)


@pytest.fixture
def lines(console):
    """What is written to the log, as it stands there."""
    return lambda: console.written.getvalue().splitlines()


@pytest.fixture
def entries(console):
    """What is written to the log as in production: one JSON object to a line."""
    console.setFormatter(json_formatter())
    return lambda: [json.loads(line) for line in console.written.getvalue().splitlines()]


def test_the_log_line_of_a_failure_carries_the_id_of_its_answer(db, monkeypatch, lines):
    order, api = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1}), Api()
    api.client.raise_request_exception = False

    def fail(*args, **kwargs):
        raise ZeroDivisionError("secret insides")

    monkeypatch.setattr(base.answers, "order_in_full", fail)
    refused = api.get(f"/admin/orders/{order.public_id}")

    told = [line for line in lines() if f"GET /admin/orders/{order.public_id} failed" in line]
    assert len(told) == 1
    assert f"[{refused['X-Request-Id']}]" in told[0]
    assert refused.json()["request_id"] == refused["X-Request-Id"]


def test_a_line_outside_of_a_request_says_so_and_structlog_writes_the_same_way(lines):
    structlog.get_logger("oms.anything").warning("outbox.nudge_lost", problem="OSError")
    logging.getLogger("oms.other").warning("A sentence with %s in it", "facts")

    first, second = lines()
    assert first.endswith("WARNING oms.anything [-]: event='outbox.nudge_lost' problem='OSError'")
    assert second.endswith("WARNING oms.other [-]: A sentence with facts in it")


def test_a_request_leaves_one_line_that_says_what_who_and_how_long(db, entries):
    order, api = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1}), Api()

    api.get(f"/admin/orders/{order.public_id}?email=ada@example.org", x_request_id="till-7")

    (line,) = [each for each in entries() if each["event"] == "request"]
    assert re.fullmatch(r"api_key:apk?[a-z]*_[0-9a-z]{26}", line.pop("actor"))
    assert line.pop("duration_ms") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line.pop("at"))
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "oms.requests",
        "request_id": "till-7",
        "method": "GET",
        "path": f"/admin/orders/{order.public_id}",
        "route": "admin/orders/<str:order_id>",
        "status": 200,
    }


def test_the_line_of_the_next_request_does_not_name_the_actor_of_the_one_before(db, entries):
    Api().get("/admin/orders")
    Api("sk_unknown").get("/admin/orders")

    signed_in, stranger = [each for each in entries() if each["event"] == "request"]
    assert "actor" in signed_in
    assert "actor" not in stranger


def test_an_insane_request_id_is_replaced(db, entries):
    answer = Api().get("/admin/orders", x_request_id="forged\tline")

    (line,) = [each for each in entries() if each["event"] == "request"]
    assert line["request_id"] == answer["X-Request-Id"] != "forged\tline"


def test_a_staff_login_names_the_user_by_id(db, client, entries):
    user = get_user_model().objects.create_superuser("ada@example.org", PERSON["email"], "correct horse")

    client.post("/console/login/", {"username": "ada@example.org", "password": "correct horse"})
    client.get("/console/")

    told = [each.get("actor") for each in entries() if each["event"] == "request"]
    assert told == [f"staff:{user.pk}", f"staff:{user.pk}"]


@pytest.mark.django_db(transaction=True)
def test_placing_importing_and_signing_in_leave_no_person_and_no_key_in_the_log(client, console, lines, tmp_path):
    logging.getLogger().setLevel(logging.DEBUG)
    here, secret = shop({"W1": {"LAMP": 9}}), key()
    address = {"last_name": PERSON["last_name"], "address_1": PERSON["address_1"], "country_code": "gb"}
    contact = {name: PERSON[name] for name in ("email", "phone")}
    body = order_body({"LAMP": 1}, sales_channel=here.channel.code, shipping_address=address, **contact)
    record = json.dumps({"external_id": "A1", "currency_code": "USD", "items": body["items"], **contact})
    file = tmp_path / "orders.ndjson"
    file.write_text(
        f'{record}\n{{"external_id": "A2", "email": "{PERSON["email"]}"}}\n{{"email": "{PERSON["email"]}"\n'
    )
    get_user_model().objects.create_superuser("clerk", PERSON["email"], "correct horse")

    try:
        assert Api(secret).post("/admin/orders", body).status_code == 200
        assert Api(secret).post("/admin/orders", body | {"items": []}).status_code == 400
        assert Api(secret).get(f"/admin/orders?email={PERSON['email']}").status_code == 200
        import_file(wish=Wish(path=file, channel=here.channel.code), actor=STAFF)
        client.post("/console/login/", {"username": PERSON["email"], "password": "wrong horse"})
        client.post("/console/login/", {"username": "clerk", "password": "correct horse"})
    finally:
        logging.getLogger().setLevel(logging.INFO)

    written = "\n".join(line for line in lines() if " django.db.backends " not in line)
    assert written.count("event='request'") == 5
    for told in (*PERSON.values(), "horse", secret, secret[3:]):
        assert told not in written


def test_what_the_database_says_of_a_row_is_left_out_of_a_traceback(db, console, entries):
    Customer.objects.create(email=PERSON["email"])
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO orders_customer (id, email, phone, first_name, last_name, company_name, has_account,"
                " metadata) VALUES (gen_random_uuid(), %s, '', '', 'Love\nlace', '', false, '{}')",
                [PERSON["email"]],
            )
    except IntegrityError:
        logging.getLogger("oms.anything").exception("It broke")

    (line,) = entries()
    assert "customer_guest_email_once" in line["exception"]
    assert "DETAIL: [left out]" in line["exception"]
    assert PERSON["email"] not in line["exception"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to ada@example.org at once", "to [e-mail] at once"),
        ("redis://:hunter2@10.0.0.1:6379/0 is gone", "redis://[secret]@10.0.0.1:6379/0 is gone"),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [key]"),
        (f"key sk_{'a' * 64}.", "key [key]."),
        ("call +44 (20) 7946-0018 now", "call [phone] now"),
        (
            "order #1001 at 2026-11-23T05:12:45+00:00 is 12 x LAMP",
            "order #1001 at 2026-11-23T05:12:45+00:00 is 12 x LAMP",
        ),
        (
            "refused\nDETAIL:  Failing row contains (Ada,\nLovelace).\nThe above exception",
            "refused\nDETAIL: [left out]\nThe above exception",
        ),
    ],
)
def test_what_looks_like_a_person_or_a_secret_is_taken_out(text, left):
    assert scrub(text) == left
