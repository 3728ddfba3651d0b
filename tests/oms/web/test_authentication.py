from __future__ import annotations

import base64
import io
import logging

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from oms.core.errors import InvalidInput
from oms.web.api_keys import create_api_key, revoke_api_key
from oms.web.models import ApiKey
from orders.models import TimelineEntry
from tests.api import Api, key, order_body, problem
from tests.factories import StaffFactory
from tests.scenarios import placed_order, shop


def _encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_a_key_is_taken_in_every_way_that_clients_send_it(db):
    secret = key()

    for header in (
        f"Bearer {secret}",
        f"bearer {secret}",
        f"Basic {secret}",
        f"Basic {_encoded(secret)}",
        f"Basic {_encoded(secret + ':')}",
    ):
        assert Client().get("/admin/orders", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer sk_wrong",
        "Bearer pk_x",
        "Basic ???",
        "Basic /w==",
        "Digest x",
        "Basic " + "A" * 9000,
    ],
)
def test_who_has_no_key_is_told_so_as_recorded(db, header):
    refused = Client().get("/admin/orders", headers={"Authorization": header} if header is not None else {})

    assert problem(refused) == (401, "unauthorized", "unauthorized")
    assert refused.json()["message"] == "Unauthorized"
    assert refused["WWW-Authenticate"] == 'Bearer realm="admin"'


def test_a_revoked_key_opens_nothing_any_more(db):
    made = create_api_key(title="Till", scopes=["orders:read"])
    before = Api(made.secret).get("/admin/orders")

    revoke_api_key(key_id=made.key.pk)
    revoke_api_key(key_id=made.key.pk)

    assert before.status_code == 200
    assert problem(Api(made.secret).get("/admin/orders")) == (401, "unauthorized", "unauthorized")


def test_a_key_does_only_what_its_scopes_say(db):
    where = shop({"W1": {"LAMP": 5}})
    order = placed_order(where, {"LAMP": 1})
    reader, packer = Api(key("orders:read")), Api(key("fulfillments:write"))
    body = order_body({"LAMP": 1}, sales_channel=where.channel.code)

    assert reader.get("/admin/orders").status_code == 200
    assert problem(reader.post("/admin/orders", body)) == (403, "forbidden", "forbidden")
    assert problem(reader.get("/admin/reservations")) == (403, "forbidden", "forbidden")
    assert problem(packer.get("/admin/orders")) == (403, "forbidden", "forbidden")
    assert problem(packer.post(f"/admin/orders/{order.public_id}/cancel")) == (403, "forbidden", "forbidden")
    items = {"items": [{"id": order.lines.get().public_id, "quantity": 1}]}
    assert packer.post(f"/admin/orders/{order.public_id}/fulfillments", items).status_code == 200
    assert where.sra("LAMP") == (4, 0, 4)


def test_looking_up_a_key_is_one_query_and_notes_its_use_once_a_minute(db):
    secret = key("orders:read")

    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            Api(secret).get("/admin/orders/nonsense")
        counts.append(len(captured))
    first = ApiKey.objects.get().last_used_at
    Api(secret).get("/admin/orders/nonsense")

    assert counts == [1, 1]
    assert first is not None
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timezone.timedelta(minutes=2))
    Api(secret).get("/admin/orders/nonsense")
    assert ApiKey.objects.get().last_used_at > first


def test_a_key_is_shown_once_and_kept_as_a_hash(db, caplog):
    caplog.set_level(logging.DEBUG)
    made = create_api_key(title="Till", scopes=["orders:read"])
    row = ApiKey.objects.get()

    api = Api(made.secret)
    answers = [api.get("/admin/orders"), api.get("/admin/reservations"), api.get("/admin/orders/x")]

    assert made.secret.startswith("sk_")
    assert len(made.secret) == 67
    assert made.secret not in {row.digest, row.redacted, str(row), repr(made)}
    assert all(made.secret.encode() not in answer.content for answer in answers)
    assert made.secret not in caplog.text


def test_a_key_has_a_title_and_known_scopes(db):
    with pytest.raises(InvalidInput) as refused:
        create_api_key(title=" ", scopes=["orders:read", "orders:burn"])

    assert [error.pointer for error in refused.value.errors] == ["/scopes", "/title"]
    assert ApiKey.objects.count() == 0


def test_the_command_prints_a_key_that_works(db):
    out, err = io.StringIO(), io.StringIO()

    call_command("create_api_key", "Till", "--scope", "orders:read", stdout=out, stderr=err)

    secret = out.getvalue().strip()
    assert ApiKey.objects.get().scopes == ["orders:read"]
    assert Api(secret).get("/admin/orders").status_code == 200
    assert secret not in err.getvalue()
    with pytest.raises(CommandError, match="no scope orders:burn"):
        call_command("create_api_key", "Till", "--scope", "orders:burn", stdout=out, stderr=err)


def test_staff_use_the_api_by_their_permissions(db):
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = Client()
    client.force_login(clerk)
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})

    assert client.get("/admin/orders").status_code == 200
    refused = client.post(f"/admin/orders/{order.public_id}/cancel")
    assert problem(refused) == (403, "forbidden", "forbidden")


def test_who_did_it_is_the_member_of_staff(db):
    boss, client = StaffFactory(username="boss"), Client()
    client.force_login(boss)
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})

    answer = client.post(f"/admin/orders/{order.public_id}/cancel", b"", content_type="application/json")

    assert answer.status_code == 200
    entry = TimelineEntry.objects.filter(order=order, action="order.canceled").get()
    assert entry.actor == {"kind": "staff", "id": str(boss.pk), "label": "boss"}


def test_a_session_needs_the_csrf_token_for_what_is_unsafe(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(StaffFactory())
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})

    refused = client.post(f"/admin/orders/{order.public_id}/cancel")

    assert problem(refused) == (403, "forbidden", "forbidden")


def test_customers_and_locked_accounts_are_nobody(db):
    for fields in ({"is_staff": False}, {"is_active": False}):
        client = Client()
        client.force_login(StaffFactory(**fields))
        assert problem(client.get("/admin/orders")) == (401, "unauthorized", "unauthorized")


def test_every_route_says_what_it_asks_of_its_caller():
    """A route that says nothing would be open to nobody, which is safe and useless."""
    silent = []
    for pattern in _patterns(get_resolver().url_patterns, ""):
        path, view = pattern
        kind = getattr(view, "cls", None)
        if kind is None or not path.startswith("admin/"):
            continue
        methods = [name.upper() for name in ("get", "post", "delete", "put", "patch") if hasattr(kind, name)]
        silent += [f"{method} {path}" for method in methods if method not in kind.access]

    assert silent == []


def _patterns(patterns, prefix):
    for each in patterns:
        path = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from _patterns(each.url_patterns, path)
        else:
            yield path, each.callback
