"""API keys as staff and programs manage them by REST."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oms.core.models import IdempotencyKey
from oms.web.models import ApiKey
from tests.api import Api, key, problem

pytestmark = pytest.mark.django_db
PATH = "/admin/api-keys"


def test_a_key_is_shown_once_and_works_at_once():
    api = Api()

    made = api.post(PATH, {"title": "Till", "type": "secret", "scopes": ["customers:read"]})
    shown = made.json()["api_key"]

    row = ApiKey.objects.get(title="Till")
    assert made["Cache-Control"] == "no-store"
    assert shown["token"].startswith("sk_")
    assert shown | {"token": ""} == {
        "id": row.public_id,
        "title": "Till",
        "token": "",
        "redacted": row.redacted,
        "type": "secret",
        "scopes": ["customers:read"],
        "created_by": None,
        "created_at": shown["created_at"],
        "updated_at": shown["updated_at"],
        "last_used_at": None,
        "revoked_at": None,
        "revoked_by": None,
        "deleted_at": None,
    }
    assert api.get(f"{PATH}/{shown['id']}").json() == {"api_key": shown | {"token": ""}}
    assert Api(shown["token"]).get("/admin/customers").status_code == 200
    assert problem(Api(shown["token"]).get("/admin/orders"))[0] == 403


def test_a_repeat_makes_no_second_key_and_the_secret_is_kept_nowhere():
    api = Api()

    first = api.post(PATH, {"title": "Till"}, idempotency_key="once").json()["api_key"]
    again = api.post(PATH, {"title": "Till"}, idempotency_key="once")

    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["api_key"] == first | {"token": ""}
    assert ApiKey.objects.filter(title="Till").count() == 1
    assert first["token"].encode() not in bytes(IdempotencyKey.objects.get().body)


def test_nobody_gives_a_key_more_than_they_may_themselves():
    limited = Api(key("api_keys:write", "api_keys:read", "orders:read"))
    strong = ApiKey.objects.create(title="Strong", digest="1", scopes=["orders:write"])

    refused = limited.post(PATH, {"title": "More", "scopes": ["orders:read", "orders:write"]})
    widened = limited.post(f"{PATH}/{strong.public_id}", {"scopes": ["orders:write", "inventory:write"]})
    unknown = limited.post(PATH, {"title": "None", "scopes": ["world:rule"]})
    same = limited.post(PATH, {"title": "Same"}).json()["api_key"]

    assert problem(refused) == problem(widened) == problem(unknown) == (400, "invalid_data", "invalid_input")
    assert refused.json()["errors"] == [
        {
            "pointer": "/scopes",
            "message": "scopes: this key lacks orders:write itself.",
            "code": "scope_not_held",
        }
    ]
    assert same["scopes"] == ["api_keys:read", "api_keys:write", "orders:read"]
    assert not ApiKey.objects.filter(title__in=["More", "None"]).exists()
    assert ApiKey.objects.get(title="Strong").scopes == ["orders:write"]


def test_staff_give_a_key_no_more_than_they_may_do_themselves(client):
    user = User.objects.create_user("ann", is_staff=True)
    wanted = ["add_apikey", "change_apikey", "view_apikey", "view_order", "view_payment"]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    known = ApiKey.objects.create(title="Known", digest="1", scopes=["orders:read"])
    client.force_login(user)

    form = client.get(reverse("admin:web_apikey_add")).context["adminform"].form
    by_form = client.post(reverse("admin:web_apikey_add"), {"title": "Form", "scopes": ["orders:write"]})
    refused = client.post(PATH, {"title": "More", "scopes": ["orders:write"]}, content_type="application/json")
    widened = client.post(
        f"{PATH}/{known.public_id}", {"scopes": ["customers:privacy"]}, content_type="application/json"
    )
    same = client.post(PATH, {"title": "Same"}, content_type="application/json")

    assert [scope for scope, _label in form.fields["scopes"].choices] == ["orders:read", "api_keys:read"]
    assert by_form.status_code == 200  # the form again
    assert problem(refused) == problem(widened) == (400, "invalid_data", "invalid_input")
    assert same.json()["api_key"]["scopes"] == ["api_keys:read", "orders:read"]
    assert set(ApiKey.objects.values_list("title", flat=True)) == {"Known", "Same"}


def test_a_key_is_renamed_narrowed_revoked_and_then_deleted():
    api, secret = Api(), key("orders:read", "customers:read")
    row = ApiKey.objects.order_by("-pk").first()
    here, theirs = f"{PATH}/{row.public_id}", Api(secret)

    renamed = api.post(here, {"title": "Old till", "scopes": ["customers:read"]}).json()["api_key"]
    narrowed = problem(theirs.get("/admin/orders"))
    in_use = problem(api.delete(here))
    revoked = api.post(f"{here}/revoke", {}).json()["api_key"]
    again = api.post(f"{here}/revoke", {}).json()["api_key"]
    useless = problem(theirs.get("/admin/customers"))
    gone = api.delete(here).json()

    assert (renamed["title"], renamed["scopes"]) == ("Old till", ["customers:read"])
    assert narrowed[0] == 403
    assert in_use == (400, "not_allowed", "api_key_in_use")
    assert revoked["revoked_at"] is not None
    assert again == revoked
    assert useless[:2] == (401, "unauthorized")
    assert gone == {"id": row.public_id, "object": "api_key", "deleted": True}
    assert problem(api.get(here))[0] == 404


def test_a_key_can_be_given_some_time_before_it_is_revoked():
    api, secret = Api(), key("customers:read")
    row = ApiKey.objects.order_by("-pk").first()

    with time_machine.travel(timezone.now() - timedelta(minutes=2)):
        api.post(f"{PATH}/{row.public_id}/revoke", {"revoke_in": 3600})
        still = Api(secret).get("/admin/customers").status_code
        api.post(f"{PATH}/{row.public_id}/revoke", {"revoke_in": 60})

    assert still == 200
    assert problem(Api(secret).get("/admin/customers"))[0] == 401


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("", ["Web shop", "Till", "Test"]),
        ("?order=title", ["Test", "Till", "Web shop"]),
        ("?title=Till", ["Till"]),
        ("?q=web", ["Web shop"]),
        ("?type=secret&limit=1", ["Web shop"]),
        ("?revoked_at[$gte]=2020-01-01", []),
    ],
)
def test_keys_are_found(asked, titles):
    api = Api()
    for number, title in enumerate(("Till", "Web shop")):
        ApiKey.objects.create(title=title, digest=str(number))

    assert [each["title"] for each in api.get(PATH + asked).json()["api_keys"]] == titles


def test_staff_manage_keys_with_the_permissions_of_the_console():
    user = User.objects.create_user("ann", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client = Client()
    client.force_login(user)

    listed = client.get(PATH)
    refused = client.post(PATH, {"title": "Mine"}, content_type="application/json")

    assert (listed.status_code, refused.status_code) == (200, 403)
    assert not ApiKey.objects.exists()
