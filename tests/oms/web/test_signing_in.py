"""Signing in: attempts, the second factor, how long it lasts, what browsers are told, and what the audit tells."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from oms.core import retention
from oms.core.ids import new_id
from oms.web import addresses, attempts, second_factor
from oms.web.attempts import TooManyAttempts
from oms.web.models import AuditEntry, SecondFactor
from tests.api import problem
from tests.console import page
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"
LOGIN = "/console/login/"


@pytest.fixture(autouse=True)
def _own_counters(settings):
    """Of this test alone. Passwords are hashed quickly."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{new_id()}"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _clerk(name="clerk", **fields):
    clerk = StaffFactory(username=name, **fields)
    clerk.set_password(PASSWORD)
    clerk.save()
    return clerk


def _sign_in(client, name="clerk", password=PASSWORD, **extra):
    return client.post(LOGIN, {"username": name, "password": password}, **extra)


def _said(response):
    return [str(error) for error in response.context["form"].non_field_errors()]


def _is_in(client):
    return client.get("/console/").status_code == 200


def _with_factor(user):
    factor = second_factor.begin(user=user)
    step = int(time.time()) // second_factor.STEP
    return factor, second_factor.confirm(user=user, code=second_factor.code_at(factor.secret, step - 1))


def _code(factor, ahead=0):
    return second_factor.code_at(factor.secret, int(time.time()) // second_factor.STEP + ahead)


def _audited():
    return list(AuditEntry.objects.order_by("pk").values_list("action", "actor_label"))


# --- attempts ---


def test_after_too_many_attempts_even_the_right_password_is_refused_with_a_sentence(settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT = 3
    _clerk()
    client = Client()

    wrong = [_said(_sign_in(client, name, "wrong")) for name in ("clerk", "CLERK", " ｃｌｅｒｋ ")]
    locked = _said(_sign_in(client))

    assert len({tuple(each) for each in wrong}) == 1
    assert locked[0].startswith("Too many attempts to sign in. Try again in ")
    assert not _is_in(client)
    assert _audited() == [
        ("login.failed", "clerk"),
        ("login.failed", ""),
        ("login.failed", "clerk"),
        ("login.locked", "clerk"),
    ]
    with time_machine.travel(timezone.now() + timedelta(seconds=attempts.WINDOW), tick=False):
        _sign_in(client)
        assert _is_in(client)


def test_an_account_that_nobody_has_is_refused_and_locked_like_any_other(settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT = 2
    _clerk()

    told = {name: [_said(_sign_in(Client(), name, "wrong")) for _ in range(3)] for name in ("clerk", "nobody")}

    assert told["clerk"] == told["nobody"]
    assert AuditEntry.objects.filter(actor_label__in=["nobody", "wrong"]).count() == 0


def test_who_signs_in_begins_to_count_anew_and_a_right_password_costs_the_address_nothing(settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT, settings.LOGIN_ATTEMPTS_ADDRESS = 2, 3
    _clerk()

    seen = []
    for number in range(3):
        client = Client()
        _sign_in(client, password="wrong", REMOTE_ADDR=f"198.51.100.{number}")
        _sign_in(client)
        seen.append(_is_in(client))

    assert seen == [True, True, True]


def test_one_address_may_not_try_many_accounts(settings):
    settings.LOGIN_ATTEMPTS_ADDRESS = 2
    _clerk()

    for number in range(2):
        _sign_in(Client(), f"guess{number}", REMOTE_ADDR="198.51.100.7")
    here, elsewhere = Client(), Client()
    refused = _said(_sign_in(here, REMOTE_ADDR="198.51.100.7"))
    _sign_in(elsewhere, REMOTE_ADDR="198.51.100.8")

    assert refused[0].startswith("Too many attempts")
    assert (_is_in(here), _is_in(elsewhere)) == (False, True)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted", "kept"),
    [
        (0, "203.0.113.9", "192.0.2.1/32", "192.0.2.0/24"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9/32", "203.0.113.0/24"),
        (2, "203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        (1, "2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        (1, "nonsense", "::/64", ""),
        (1, "::ffff:203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
    ],
)
def test_an_address_is_believed_as_far_as_our_own_proxies_reach(settings, proxies, forwarded, counted, kept):
    settings.OMS = settings.OMS | {"TRUSTED_PROXIES": proxies}

    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert (addresses.counted(request), addresses.kept(request)) == (counted, kept)


def test_without_the_cache_people_can_work(settings):
    settings.CACHES = settings.CACHES | {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    _clerk()
    client = Client()

    _sign_in(client)

    assert _is_in(client)


# --- the second factor ---


def test_the_digits_are_those_of_the_standard():
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B

    found = [second_factor.code_at(secret, at // 30) for at in (59, 1111111109, 1234567890, 20000000000)]

    assert found == ["287082", "081804", "005924", "353130"]


def test_the_password_alone_opens_nothing_where_a_code_is_asked_for():
    factor, _codes = _with_factor(_clerk())
    client = Client()

    _sign_in(client)
    half = client.get("/console/")
    api = client.get("/admin/orders")
    wrong = client.post(reverse("second_factor"), {"code": "000000"})
    done = client.post(reverse("second_factor"), {"code": _code(factor)})

    assert (half.status_code, half["Location"]) == (302, reverse("second_factor"))
    assert problem(api)[0] == 401
    assert "not right" in wrong.content.decode()
    assert (done.status_code, done["Location"]) == (302, "/console/")
    assert _is_in(client)
    assert client.get("/admin/orders").status_code == 200


def test_a_code_is_taken_once_and_so_is_a_recovery_code():
    clerk = _clerk()
    factor, codes = _with_factor(clerk)

    taken = [
        second_factor.verify(user=clerk, code=code)
        for code in (_code(factor), _code(factor), codes[0].upper(), codes[0])
    ]

    assert taken == [True, False, True, False]
    assert len(SecondFactor.objects.get().recovery) == second_factor.RECOVERY_CODES - 1
    assert not set(codes) & set(SecondFactor.objects.get().recovery)


def test_codes_are_guessed_no_oftener_than_passwords(settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT = 3
    factor, _codes = _with_factor(_clerk())
    client = Client()
    _sign_in(client)

    for _ in range(3):
        client.post(reverse("second_factor"), {"code": "000000"})
    right = client.post(reverse("second_factor"), {"code": _code(factor)})

    assert "Too many attempts" in right.content.decode()
    assert not _is_in(client)


def test_the_password_is_no_licence_to_guess_codes_over_and_over(settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT = 4
    factor, _codes = _with_factor(_clerk())
    client = Client()

    for number in range(3):  # from anywhere
        _sign_in(client, REMOTE_ADDR=f"198.51.100.{number}")
        client.post(reverse("second_factor"), {"code": "000000"}, REMOTE_ADDR=f"198.51.100.{number}")
    client.post(reverse("second_factor"), {"code": _code(factor)})

    assert not _is_in(client)


def test_who_gives_the_code_begins_to_count_anew(settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT, settings.LOGIN_ATTEMPTS_ADDRESS = 2, 2
    clerk = _clerk()
    _factor, codes = _with_factor(clerk)

    seen = []
    for code in codes[:3]:
        client = Client()
        _sign_in(client)
        client.post(reverse("second_factor"), {"code": code})
        seen.append(_is_in(client))

    assert seen == [True, True, True]


def test_nobody_finds_out_a_secret_by_asking_how_it_begins(client):
    from django.contrib.auth.models import Permission

    factor, _codes = _with_factor(_clerk())
    reader = StaffFactory(username="reader", is_superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_secondfactor"))
    client.force_login(reader)

    asked = client.get(reverse("admin:web_secondfactor_changelist"), {"secret__startswith": factor.secret[0]})

    assert asked.status_code == 400


def test_a_role_that_needs_a_second_factor_sets_it_up_before_anything_else(settings):
    settings.SECOND_FACTOR_ROLES = ["merchant"]
    clerk = _clerk(is_superuser=False)
    clerk.groups.add(Group.objects.get(name="merchant"))
    client = Client()

    _sign_in(client)
    blocked = client.get("/console/orders/order/")
    shown = client.get(reverse("second_factor"))
    factor = SecondFactor.objects.get()
    done = client.post(reverse("second_factor"), {"code": _code(factor)})

    assert blocked["Location"] == reverse("second_factor")
    assert "<svg" in shown.content.decode()
    assert factor.secret in shown.content.decode()
    assert len(done.context["codes"]) == second_factor.RECOVERY_CODES
    assert _is_in(client)
    assert factor.secret not in client.get(reverse("second_factor")).content.decode()


def test_who_lost_telephone_and_codes_is_helped_by_who_may(client):
    clerk = _clerk()
    _with_factor(clerk)
    client.force_login(StaffFactory(username="boss"))

    client.post(reverse("admin:web_secondfactor_changelist"), {"action": "remove", "_selected_action": [clerk.pk]})

    assert not SecondFactor.objects.exists()
    assert ("second_factor.removed", "boss") in _audited()


# --- sessions ---


def test_a_session_ends_when_nobody_uses_it_and_at_the_latest_after_a_day_at_work(settings):
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 60, 8
    _clerk()
    idle, busy = Client(), Client()
    start = timezone.now()
    _sign_in(idle)
    _sign_in(busy)

    with time_machine.travel(start, tick=False) as clock:
        seen = []
        for _ in range(10):
            clock.shift(timedelta(minutes=50))
            seen.append(_is_in(busy))

    assert seen == [True] * 9 + [False]
    with time_machine.travel(start + timedelta(minutes=62), tick=False):
        assert not _is_in(idle)


def test_a_new_password_ends_every_session_and_signing_in_changes_the_key():
    clerk = _clerk()
    client, other = Client(), Client()
    client.get(LOGIN)
    before = client.session.session_key
    _sign_in(client)
    _sign_in(other)

    clerk = User.objects.get(pk=clerk.pk)
    clerk.set_password("another long one")
    clerk.save()

    assert client.session.session_key != before
    assert (_is_in(client), _is_in(other)) == (False, False)


def test_cookies_are_for_us_alone_and_pages_are_kept_by_nobody():
    _clerk()
    client = Client()

    answer = _sign_in(client)
    cookie = answer.cookies["sessionid"]
    shown = client.get("/console/")

    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    for response in (client.get(LOGIN), shown, client.get(reverse("second_factor"))):
        assert "no-store" in response["Cache-Control"]


# --- what browsers are told ---


def test_every_answer_tells_browsers_what_to_refuse(client):
    client.force_login(StaffFactory())

    console, docs, api = client.get("/console/"), client.get("/docs"), client.get("/admin/orders")

    for answer in (console, docs, api):
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "camera=()" in answer["Permissions-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self' 'unsafe-eval';" in console["Content-Security-Policy"]
    assert "script-src 'self';" in docs["Content-Security-Policy"]
    assert api["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


# --- the audit ---


def test_the_audit_tells_who_came_and_what_they_changed(client):
    _clerk("boss")
    clerk = StaffFactory(username="clerk", is_superuser=False)
    support = Group.objects.get(name="support")
    _sign_in(client, "boss")
    given = {"username": "clerk", "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}

    client.post(page("auth_user", clerk.pk), given | {"is_staff": "on", "is_active": "on", "groups": [support.pk]})
    client.post(reverse("admin:web_apikey_add"), {"title": "Till", "scopes": ["orders:read"]})
    client.post(reverse("admin:logout"))

    assert _audited() == [("login", "boss"), ("changed", "boss"), ("key.created", "boss"), ("logout", "boss")]
    changed = AuditEntry.objects.get(action="changed")
    assert (changed.subject, changed.subject_label, changed.details["groups"]) == (
        f"user:{clerk.pk}",
        "clerk",
        ["support"],
    )
    assert changed.address == "127.0.0.0/24"


def test_the_audit_is_not_rewritten_and_forgotten_when_its_time_is_over(settings):
    _clerk()
    _sign_in(Client())
    entry = AuditEntry.objects.get()

    for change in (lambda: AuditEntry.objects.update(action="x"), entry.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    kept = next(each for each in retention.declared() if each.name == "audit")
    settings.OMS = settings.OMS | {"KEEP_DAYS": {"audit": 1}}
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        pruned = retention.prune(kept)

    assert pruned.count == 0
    assert AuditEntry.objects.count() == 1


def test_the_audit_is_read_with_a_permission_of_its_own_and_found_by_who_what_and_when(client):
    from django.contrib.auth.models import Permission

    _clerk("boss")
    _sign_in(Client(), "boss")
    _sign_in(Client(), "boss", "wrong")
    reader, merchant = StaffFactory(is_superuser=False), StaffFactory(is_superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    merchant.groups.add(Group.objects.get(name="merchant"))
    address = reverse("admin:web_auditentry_changelist")

    client.force_login(merchant)
    refused = client.get(address)
    client.force_login(reader)
    failed = client.get(f"{address}?action=login.failed")
    today = timezone.localdate()
    of_boss = client.get(f"{address}?q=boss&occurred_at_from={today}")

    assert refused.status_code == 403
    assert [row.action for row in failed.context["cl"].result_list] == ["login.failed"]
    assert [row.action for row in of_boss.context["cl"].result_list] == ["login.failed", "login"]


def test_too_many_attempts_say_when_to_come_back(settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT = 1
    attempts.count("clerk", None)

    with pytest.raises(TooManyAttempts) as refused:
        attempts.count("clerk", None)

    assert 0 < refused.value.wait <= attempts.WINDOW
