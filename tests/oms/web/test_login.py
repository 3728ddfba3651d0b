from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from oms.core.ids import new_id
from oms.web import second_factor
from oms.web.staff_tokens import LASTS, LOGIN_LASTS
from orders.models import TimelineEntry
from tests.api import Api, key, problem
from tests.factories import StaffFactory
from tests.scenarios import placed_order, shop

PASSWORD = "a-lantern-in-the-window"
HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"
UNAUTHORIZED = (401, "unauthorized", "unauthorized")


def _staff(**fields):
    user = StaffFactory(**{"username": "ada", "email": "ada@example.com"} | fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def _sign_in(email="ada@example.com", password=PASSWORD, client=None, code="", **headers):
    body = {"email": email, "password": password} | ({"code": code} if code else {})
    return (client or Client()).post("/auth/user/emailpass", json.dumps(body), "application/json", headers=headers)


def _token(**login):
    answer = _sign_in(**login)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store"), answer.content
    return answer.json()["token"]


def test_staff_sign_in_by_address_or_user_name_and_use_the_api_by_their_permissions(db):
    ada = _staff(is_superuser=False)
    ada.user_permissions.add(Permission.objects.get(codename="view_order"))
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})

    for login in ("ada@example.com", "Ada@Example.com", "ada"):
        api = Api(_token(email=login))
        assert api.get("/admin/orders").json()["orders"][0]["id"] == order.public_id
        assert problem(api.post(f"/admin/orders/{order.public_id}/cancel")) == (403, "forbidden", "forbidden")


def test_who_did_it_is_the_member_of_staff_and_no_csrf_token_is_asked_for(db):
    ada = _staff()
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})
    browser = Client(enforce_csrf_checks=True)

    bearer = {"Authorization": f"Bearer {_token(client=browser)}"}
    canceled = browser.post(f"/admin/orders/{order.public_id}/cancel", b"", "application/json", headers=bearer)

    assert canceled.status_code == 200
    entry = TimelineEntry.objects.filter(order=order, action="order.canceled").get()
    assert entry.actor == {"kind": "staff", "id": str(ada.pk), "label": "ada"}
    assert get_user_model().objects.get().last_login is not None


@pytest.mark.parametrize(
    ("fields", "login"),
    [
        ({}, {"email": "nobody@example.com"}),
        ({}, {"password": "wrong"}),
        ({}, {"email": " "}),
        ({"is_active": False}, {}),
        ({"is_staff": False}, {}),
    ],
    ids=["unknown", "wrong password", "blank", "locked", "no staff"],
)
def test_whatever_is_wrong_the_answer_and_its_effort_are_the_same(db, fields, login):
    _staff(**fields)
    with CaptureQueriesContext(connection) as captured:
        refused = _sign_in(**login)

    assert problem(refused) == UNAUTHORIZED
    assert refused.json()["message"] == "Unauthorized"
    assert refused["WWW-Authenticate"] == 'Bearer realm="admin"'
    assert len(captured) == 4  # two of them for the audit
    assert Session.objects.count() == 0


def test_every_wrong_login_costs_one_hash(db, monkeypatch):
    """Else the time would tell who works here."""
    _staff()
    hashed = []
    monkeypatch.setattr(f"{HASHER}.encode", lambda *args, **kwargs: hashed.append(1) or "x")

    for login in ({"email": "nobody@example.com"}, {"password": "wrong"}):
        _sign_in(**login)
        hashed.append(0)

    assert hashed == [1, 0, 1, 0]


def test_who_has_a_second_factor_needs_its_code_by_the_api_too(db):
    ada = _staff()
    factor = second_factor.begin(user=ada)
    now = int(time.time()) // second_factor.STEP
    second_factor.confirm(user=ada, code=second_factor.code_at(factor.secret, now - 1))
    code = second_factor.code_at(factor.secret, now)

    answers = [_sign_in(**extra) for extra in ({}, {"code": "000000"}, {"code": code}, {"code": code})]

    needed = (401, "unauthorized", "second_factor_needed")
    assert [problem(answers[index]) for index in (0, 1, 3)] == [needed] * 3
    assert Api(answers[2].json()["token"]).get("/admin/orders").status_code == 200


def test_after_too_many_attempts_even_the_right_password_waits(db, settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT = 2
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{new_id()}"}}
    _staff()

    answers = [_sign_in(password="wrong"), _sign_in(email="ada", password="wrong"), _sign_in()]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert problem(answers[2])[1:] == ("too_many_requests", "too_many_attempts")
    assert int(answers[2]["Retry-After"]) > 0


def test_an_address_that_two_share_is_nobodys(db):
    _staff()
    _staff(username="eve")

    assert problem(_sign_in()) == UNAUTHORIZED
    assert _sign_in(email="eve").status_code == 200


def test_a_body_that_is_no_login_is_told_so(db):
    answers = [_sign_in(email=""), _sign_in(password=7), Client().post("/auth/user/emailpass", b"", "application/json")]

    assert [problem(answer)[:2] for answer in answers] == [(400, "invalid_data")] * 3


@pytest.mark.parametrize("change", ["password", "is_active", "is_staff", "deleted"])
def test_a_token_ends_with_the_password_or_the_account(db, change):
    ada = _staff()
    api = Api(_token())
    before = api.get("/admin/orders").status_code

    if change == "deleted":
        ada.delete()
    elif change == "password":
        ada.set_password("another-lantern")
        ada.save()
    else:
        get_user_model().objects.update(**{change: False})

    assert before == 200
    assert problem(api.get("/admin/orders")) == UNAUTHORIZED


def test_signing_out_ends_the_tokens_of_that_login_and_of_no_other(db):
    _staff()
    here, there = Api(_token()), Api(_token())
    refreshed = Api(here.post("/auth/token/refresh").json()["token"])
    assert refreshed.get("/admin/orders").status_code == 200

    told = here.delete("/auth/session")

    assert (told.status_code, told.json()) == (200, {"success": True})
    assert [api.get("/admin/orders").status_code for api in (here, refreshed, there)] == [401, 401, 200]
    assert problem(here.post("/auth/token/refresh")) == UNAUTHORIZED


def test_a_token_lasts_some_hours_and_its_login_some_days_however_often_it_is_refreshed(db):
    _staff()
    began = timezone.now()
    with time_machine.travel(began, tick=False) as clock:
        first = Api(_token())
        clock.shift(LASTS - timedelta(minutes=1))
        api = Api(first.post("/auth/token/refresh").json()["token"])
        clock.shift(timedelta(minutes=2))
        assert [each.get("/admin/orders").status_code for each in (first, api)] == [401, 200]
        while timezone.now() < began + LOGIN_LASTS - LASTS:
            clock.shift(LASTS / 2)
            api = Api(api.post("/auth/token/refresh").json()["token"])
        clock.shift(began + LOGIN_LASTS - timezone.now() + timedelta(seconds=1))

        assert problem(api.post("/auth/token/refresh")) == UNAUTHORIZED


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "sk.x.y", "x" * 9000, "é"])
def test_what_is_no_token_of_ours_opens_nothing(db, token):
    assert problem(Client().get("/admin/orders", headers={"Authorization": f"Bearer {token}"})) == UNAUTHORIZED


def test_the_row_behind_a_token_opens_nothing_by_itself(db):
    _staff()
    token = _token()
    row = Session.objects.get().session_key
    cookie = Client()
    cookie.cookies["sessionid"] = row

    assert token.startswith(row)
    assert problem(cookie.get("/admin/orders")) == UNAUTHORIZED
    assert problem(Api(row).get("/admin/orders")) == UNAUTHORIZED
    assert cookie.get("/console/").status_code == 302


def test_a_token_is_looked_up_in_two_queries(db):
    _staff()
    api = Api(_token())

    with CaptureQueriesContext(connection) as captured:
        api.get("/admin/orders/nonsense")

    assert len(captured) == 2


def test_an_old_token_does_not_stand_in_the_way_of_a_new_one(db):
    _staff()

    assert _sign_in(Authorization="Bearer x.y.z").status_code == 200


def test_a_cookie_comes_from_a_token_and_ends_with_it(db):
    ada = _staff()
    token, browser = _token(), Client(enforce_csrf_checks=True)
    bearer = {"Authorization": f"Bearer {token}"}

    opened = browser.post("/auth/session", headers=bearer)
    used = browser.get("/admin/orders")
    ended = browser.delete("/auth/session", headers={"Sec-Fetch-Site": "same-origin"})

    assert opened.json() == {"user": {"actor_id": str(ada.pk), "actor_type": "user"}}
    assert (used.status_code, ended.json()) == (200, {"success": True})
    assert problem(browser.get("/admin/orders")) == UNAUTHORIZED
    assert problem(Api(token).get("/admin/orders")) == UNAUTHORIZED
    assert browser.delete("/auth/session").json() == {"success": True}


def test_neither_a_key_nor_nobody_gets_a_cookie(db):
    for client in (Api(), Api("nothing")):
        answer = client.post("/auth/session")
        assert problem(answer) == UNAUTHORIZED
        assert "sessionid" not in answer.cookies
    assert problem(Client().post("/auth/session")) == UNAUTHORIZED
    assert problem(Client().post("/auth/token/refresh")) == UNAUTHORIZED
    assert problem(Api(key()).post("/auth/token/refresh")) == UNAUTHORIZED


def test_a_cookie_changes_things_only_for_a_page_of_the_same_origin(db):
    _staff()
    browser = Client(enforce_csrf_checks=True)
    browser.post("/auth/session", headers={"Authorization": f"Bearer {_token()}"})
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})
    here = f"/admin/orders/{order.public_id}/cancel"

    answers = {
        site: browser.post(here, b"", "application/json", headers={"Sec-Fetch-Site": site}).status_code
        for site in ("", "none", "cross-site", "same-site", "same-origin")
    }

    assert answers == {"": 403, "none": 403, "cross-site": 403, "same-site": 403, "same-origin": 200}
