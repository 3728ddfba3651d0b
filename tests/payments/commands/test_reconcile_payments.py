"""Our payments beside their providers' books: every difference is listed, and no money is moved."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from oms.core import ids
from payments.models import Payment, PaymentAttempt, PaymentSession
from payments.providers.base import LookUpRequest
from payments.services import reconciling
from tests.payments.money import amounts, authorized, captured, money, ordered, session_of
from tests.payments.signed import NOT_REACHED, SignedProvider, fact
from tests.scenarios import Shop, nothing_moves, shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def run(*arguments: str) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    """The exit code, the differences, and the last line."""
    out, code = StringIO(), 0
    try:
        call_command("reconcile_payments", "--json", "--provider", "signed", *arguments, stdout=out)
    except SystemExit as exit_:
        code = int(str(exit_.code))
    *found, told = [json.loads(line) for line in out.getvalue().splitlines()]
    told.pop("seconds")
    return code, found, told


def agreed(payment: Payment) -> list[Any]:
    """The provider's books say of a payment what ours do."""
    moved = PaymentAttempt.objects.filter(payment=payment, state="succeeded").exclude(act="authorize")
    return [
        fact("authorize", payment.reference, payment.amount),
        *(fact(each.act, payment.reference, each.amount, movement=each.movement) for each in moved),
    ]


@pytest.fixture
def here() -> Shop:
    return shop({"W1": {"LAMP": 500}})


def test_where_everything_agrees_nothing_is_listed(here):
    for _ in range(2):
        payment = captured(ordered(here))
        SignedProvider.books[payment.reference] = agreed(payment)
    session_of(ordered(here))  # begun, and nothing came of it on either side

    assert run() == (0, [], {"payments": 3, "different": 0, "unavailable": 0, "mended": 0})


def test_every_kind_of_difference_is_listed_and_no_row_is_touched(here):
    unheard, gone, other, failed, forgotten, unknown_to_us = (captured(ordered(here)) for _ in range(6))
    own = {each.pk: str(each.attempts.get(act="capture").movement) for each in Payment.objects.all()}
    books = {each.reference: agreed(each) for each in (unheard, gone, other, failed)}
    books[unheard.reference].append(fact("refund", unheard.reference, 30, movement="re_1"))
    books[gone.reference] = books[gone.reference][:1]
    books[other.reference][1] = fact("capture", other.reference, 99, movement=own[other.pk])
    books[failed.reference].append(fact("capture", failed.reference, 100, "declined", movement=own[failed.pk]))
    unpaid = session_of(ordered(here))
    books[unpaid.reference] = [fact("authorize", unpaid.reference)]
    SignedProvider.books.update(books)
    SignedProvider.books[unknown_to_us.reference] = agreed(unknown_to_us)
    Payment.objects.filter(pk=unknown_to_us.pk).update(captured=Decimal(90))

    with nothing_moves():
        code, found, told = run()

    def line(payment: Payment | PaymentSession, kind: str, movement: str = "", ours: str = "", theirs: str = "") -> Any:
        name = {"provider": "signed", "payment": payment.public_id, "reference": payment.reference}
        return name | {"kind": kind, "movement": movement, "ours": ours, "theirs": theirs}

    assert (code, told["different"]) == (1, 7)
    assert found == [
        line(unheard, "missing here", "refund re_1", "", "30 succeeded"),
        line(gone, "missing there", f"capture {own[gone.pk]}", "100 succeeded", ""),
        line(other, "amount differs", f"capture {own[other.pk]}", "100 succeeded", "99 succeeded"),
        line(failed, "state differs", f"capture {own[failed.pk]}", "100 succeeded", "100 declined"),
        line(forgotten, "unknown payment", "", "$100.00 / $100.00 / $0.00"),
        line(unknown_to_us, "amount differs", "all captures", "$90.00", "$100.00"),
        line(unpaid, "missing here", "authorize", "", "100 succeeded"),
    ]


def test_fix_learns_what_the_provider_tells_moves_no_money_and_says_what_is_left(here):
    heard, contradicted = captured(order := ordered(here)), captured(ordered(here))
    SignedProvider.books.update({each.reference: agreed(each) for each in (heard, contradicted)})
    SignedProvider.books[heard.reference].append(fact("refund", heard.reference, 30, movement="re_1"))
    movement = contradicted.attempts.get(act="capture").movement
    SignedProvider.books[contradicted.reference][1] = fact("capture", contradicted.reference, 99, movement=movement)

    first, second = run("--fix"), run("--fix")

    assert amounts(heard) == (100, 100, 30)
    assert money(order) == ("partially_refunded", 70, 100, 30, 0)
    assert amounts(contradicted) == (100, 100, 0)
    assert (first[0], [each["kind"] for each in first[1]], first[2]["mended"]) == (1, ["amount differs"], 1)
    assert (second[0], second[1], second[2]["mended"]) == (1, first[1], 0)


def test_a_provider_that_cannot_be_asked_is_said_and_left_in_peace_after_a_while(here):
    payments = [authorized(ordered(here)) for _ in range(reconciling.GIVE_UP + 2)]
    SignedProvider.books.update({each.reference: NOT_REACHED for each in payments})

    code, found, told = run()

    assert code == 2
    assert {each["kind"] for each in found} == {"provider unavailable"}
    assert [each["theirs"] for each in found] == [
        *["not reached"] * reconciling.GIVE_UP,
        "5 in a row could not be asked about: the others were not compared",
    ]
    assert (told["payments"], told["unavailable"]) == (reconciling.GIVE_UP, reconciling.GIVE_UP + 1)


def test_an_answer_that_makes_no_sense_is_said_and_the_others_are_compared(here, monkeypatch):
    odd, same = captured(ordered(here)), captured(ordered(here))
    SignedProvider.books[same.reference] = agreed(same)
    as_ever = SignedProvider.look_up

    def look_up(party: SignedProvider, request: LookUpRequest) -> Any:
        return {}["id"] if request.reference == odd.reference else as_ever(party, request)

    monkeypatch.setattr(SignedProvider, "look_up", look_up)
    monkeypatch.setattr(SignedProvider, "payments_since", lambda *_: iter([same.reference, {}["id"]]))

    code, found, told = run("--since", "7")

    assert [(each["reference"], each["theirs"]) for each in found] == [
        (odd.reference, "'id'"),
        ("", "its list of payments breaks off: 'id'"),
    ]
    assert (code, told["payments"], told["different"]) == (2, 2, 0)


def test_payments_of_a_provider_that_is_not_set_up_any_more_are_said_in_one_line(here, settings):
    for _ in range(3):
        captured(ordered(here))
    settings.OMS = settings.OMS | {"PAYMENT_PROVIDERS": {"manual": settings.OMS["PAYMENT_PROVIDERS"]["manual"]}}

    assert spoken() == (
        2,
        [
            "signed: provider unavailable: it is not set up any more, so its payments cannot be compared",
            "0 payments: 1 could not be asked about.",
        ],
    )
    PaymentSession.objects.update(reference="")
    assert spoken() == (0, ["0 payments: everything agrees."])


def test_since_a_day_what_began_then_is_compared_and_what_the_provider_says_has_changed_since(here):
    old, changed, recent = (captured(ordered(here)) for _ in range(3))
    for payment in (old, changed):
        _long_ago(payment)
    SignedProvider.books.update({each.reference: agreed(each) for each in (changed, recent)})
    SignedProvider.books[changed.reference].append(fact("refund", changed.reference, 5, movement="re_1"))
    SignedProvider.books["pay_elsewhere"] = [fact("capture", "pay_elsewhere", movement="c")]

    code, found, told = run("--since", "7")
    whole = run("--since", str(timezone.now().date() - timedelta(days=400)))

    assert [(each["reference"], each["kind"]) for each in found] == [
        ("pay_elsewhere", "unknown payment"),
        (changed.reference, "missing here"),
    ]
    assert (code, told["payments"]) == (1, 3)
    assert old.reference in [each["reference"] for each in whole[1]]


def _long_ago(payment: Payment) -> None:
    """Begun a hundred days ago: ids are made in time."""
    then = ids.first_id(timezone.now() - timedelta(days=100)).int + payment.pk.int % 1000
    session = PaymentSession.objects.get(payments=payment)
    Payment.objects.filter(pk=payment.pk).update(session=None)
    PaymentAttempt.objects.filter(session=session).update(session=None)
    was = session.pk
    session.pk = UUID(int=then)
    PaymentSession.objects.filter(pk=was).update(reference="")
    session.save(force_insert=True)
    Payment.objects.filter(pk=payment.pk).update(session=session)


def test_any_number_of_payments_is_read_page_by_page(here, monkeypatch):
    monkeypatch.setattr(reconciling, "PAGE", 2)
    payments = [authorized(ordered(here)) for _ in range(5)]
    SignedProvider.books.update({each.reference: agreed(each) for each in payments})

    with CaptureQueriesContext(connection) as queries:
        assert run()[2]["payments"] == 5

    assert len(queries) == 3 * 3 + 1  # a page and what belongs to it, until there is none
    assert SignedProvider.looked_up == [each.reference for each in payments]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--since", "yesterday"), "--since 'yesterday': neither days nor a date. Write 7, or 2026-01-31."),
        (("--since", "9" * 9), "--since '999999999': neither days nor a date. Write 7, or 2026-01-31."),
        (("--since", ""), "--since '': neither days nor a date. Write 7, or 2026-01-31."),
        (("--since", "2999-01-31"), "--since 2999-01-31: that is to come. Nothing has begun since then."),
        (("--provider", "nobody"), "There is no payment provider called nobody. Known: "),
        (("--provider", "manual"), "has no books of its own that ours could be compared with."),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(CommandError) as refusal:
        call_command("reconcile_payments", *wrong)

    assert refusal.value.returncode == 2
    assert said in str(refusal.value)


@pytest.mark.parametrize("since", ["0", "99999", "0001-01-01", "1969-07-20T20:17:40Z"])
def test_any_moment_of_the_past_may_be_asked_about(since):
    assert run("--since", since)[0] == 0


def spoken() -> tuple[int, list[str]]:
    """The exit code and the lines that people read, without the seconds."""
    out, code = StringIO(), 0
    try:
        call_command("reconcile_payments", stdout=out)
    except SystemExit as exit_:
        code = int(str(exit_.code))
    return code, re.sub(r", [\d.]+ s: ", ": ", out.getvalue()).splitlines()


def test_people_read_sentences(here):
    payment = captured(ordered(here))

    code, (first, last) = spoken()

    assert code == 1
    assert first == (
        f"signed {payment.reference} ({payment.public_id}): unknown payment: ours $100.00 / $100.00 / $0.00, theirs -"
    )
    assert last == "1 payments: 1 differences."
