"""Whatever is done with the money of an order, and however its gateway behaves, three books say the same.

Ours; those of a clerk who knows nothing of the code (`tests.payments.clerk`); and the gateway's own, which another
process keeps in a file. They are compared after each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.test import TestCase
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from oms.core.actors import SYSTEM
from oms.core.errors import DomainError
from oms.core.money import Money, exponent
from orders.enums import CancelReason
from orders.models import CreditLine, Order
from orders.requests import DiscountRequest, LineRequest, ShippingRequest, TaxRequest
from orders.services.cancellation import cancel_order, keep_order
from orders.services.refunds import refund_payment
from payments.enums import OPEN_STATES, AttemptState, EventSource
from payments.models import Payment, PaymentAttempt
from payments.providers.base import LookUpRequest
from payments.providers.known import provider_of
from payments.services import calling, capturing, facts, sessions, voiding
from tests.paying import resume_what_is_due
from tests.payments.clerk import FAULTS, PENDING, UNKNOWN, Card, Clerk, Refused, Try
from tests.payments.gateway import Gateway
from tests.scenarios import STAFF, place, shop

ORDERED = 1000  # minor units
Shares = st.sampled_from(["all", "half", "unit", "more"])
Faults = st.sampled_from(["ok"] * len(FAULTS) + sorted(FAULTS))  # half of the calls simply succeed
Places = st.integers(0, 3)
Seldom = st.sampled_from([True, False, False])  # what ends everything comes a third as often


class MoneyHistories(RuleBasedStateMachine):
    """One order in one currency, paid with as many cards as come. What the clerk forbids is tried too."""

    currency: ClassVar[str] = "USD"
    with_tax: ClassVar[bool] = False  # the prices
    ordered: ClassVar[dict[str, int]] = {"items": 1200, "discounts": 300, "tax": 90, "shipping": 10}
    gateway: ClassVar[Gateway]

    def __init__(self) -> None:
        super().__init__()
        self.atomics = TestCase._enter_atomics()
        self.gateway.begin_anew()
        try:
            here = shop({"W1": {"LAMP": 5}})
            self.order_id = place(here, [self.line()], currency_code=self.currency, **self.rest_of_the_order()).order_id
        except BaseException:  # nobody tears down what was never made
            self.teardown()
            raise
        self.clerk = Clerk(ORDERED)
        self.sessions: dict[int, Any] = {}  # by the id of the clerk's authorization

    def teardown(self) -> None:
        TestCase._rollback_atomics(self.atomics)

    # --- what people do ----------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.clerk.cards) < 3)
    @rule(share=Shares, fault=Faults)
    def authorize(self, share: str, fault: str) -> None:
        amount = part(share, ORDERED)
        collection = sessions.create_collection(amount=self.money(amount), order_id=self.order_id, actor=STAFF)
        session = sessions.initiate(
            sessions.create_session(collection_id=collection.pk, provider="fake", actor=STAFF).pk
        )
        with self.scripted([("authorize", fault)]):
            sessions.request_authorization(session_id=session.pk, actor=STAFF)
            self.carry_out()
        self.clerk.authorize(amount, fault)
        self.sessions[id(self.clerk.tries[-1])] = session.reference

    @precondition(lambda self: self.clerk.cards)
    @rule(place=Places, share=Shares, fault=Faults)
    def capture(self, place: int, share: str, fault: str) -> None:
        index, card, payment = self.choose(place, lambda card: card.capturable)
        amount = part(share, card.capturable)
        self.both(
            lambda: capturing.request_capture(payment_id=payment.pk, amount=self.money(amount), actor=STAFF),
            lambda: self.clerk.capture(index, amount, fault),
            [("capture", fault)],
        )

    @precondition(lambda self: self.clerk.cards)
    @rule(place=Places, share=Shares, fault=Faults)
    def refund(self, place: int, share: str, fault: str) -> None:
        index, card, payment = self.choose(place, lambda card: card.refundable)
        amount = part(share, card.refundable)
        self.both(
            lambda: refund_payment(payment_id=payment.pk, amount=self.money(amount), actor=STAFF),
            lambda: self.clerk.refund(index, amount, fault),
            [("refund", fault)],
        )

    @precondition(lambda self: any(card.refundable for card in self.clerk.cards))
    @rule(place=Places, share=st.sampled_from(["half", "unit"]), fault=Faults)
    def refund_a_part(self, place: int, share: str, fault: str) -> None:
        """Of what can be given back there is most to be got wrong, so it comes twice as often."""
        self.refund(place, share, fault)

    @precondition(lambda self: self.clerk.cards)
    @rule(place=Places, fault=Faults, seldom=Seldom)
    def void(self, place: int, fault: str, seldom: bool) -> None:
        if not seldom:
            return
        index, _card, payment = self.choose(place, lambda card: card.voidable)
        self.both(
            lambda: voiding.request_void(payment_id=payment.pk, actor=STAFF),
            lambda: self.clerk.void(index, fault),
            [("void", fault)],
        )

    @precondition(lambda self: len(self.clerk.tries) > 1 or len(self.tries()) > 3)  # most of it comes before the end
    @rule(faults=st.lists(Faults, min_size=8, max_size=8), seldom=Seldom)
    def cancel(self, faults: list[str], seldom: bool) -> None:
        if not seldom:
            return
        wanted = [
            act
            for card in self.clerk.cards
            for act, amount in (("void", card.voidable), ("refund", card.refundable))
            if amount
        ]
        self.both(
            lambda: cancel_order(order_id=self.order_id, reason=CancelReason.CUSTOMER, actor=STAFF),
            lambda: self.clerk.cancel(faults),
            list(zip(wanted, faults, strict=False)),
        )

    @precondition(lambda self: self.clerk.status != "pending" or self.clerk.canceling)
    @rule()
    def keep(self) -> None:
        self.both(lambda: keep_order(order_id=self.order_id, actor=STAFF), self.clerk.keep, [])

    # --- what the gateway does ---------------------------------------------------------------------------------------

    @precondition(lambda self: self.pending())
    @rule(place=Places, succeeds=st.booleans())
    def settle(self, place: int, succeeds: bool) -> None:
        """What was pending is decided, and we hear of it."""
        waiting = self.pending()
        made = waiting[place % len(waiting)]
        reference = self.reference(made)
        self.gateway.settle(reference, "succeeded" if succeeds else "declined", self.movement(made, reference))
        self.clerk.settle(made, succeeds=succeeds)
        self.look_up(reference)

    @precondition(lambda self: self.refunded())
    @rule(place=Places)
    def fail_later(self, place: int) -> None:
        """A refund that was done comes back."""
        done = self.refunded()
        made = done[place % len(done)]
        reference = self.reference(made)
        self.gateway.settle(reference, "declined", self.movement(made, reference))
        self.clerk.settle(made, succeeds=False)
        self.look_up(reference)

    @precondition(lambda self: self.clerk.cards)
    @rule(place=Places, share=Shares)
    def refund_there(self, place: int, share: str) -> None:
        """Somebody gives money back in the gateway's own console."""
        index, card, payment = self.choose(place, lambda card: card.refundable)
        amount = min(part(share, card.refundable), card.refundable)
        if not amount:
            return
        self.gateway.move_there(payment.reference, "refund", amount, self.currency)
        self.clerk_hears(payment.reference)  # a capture that comes with the same news pays for the refund
        self.clerk.refund_at_gateway(index, amount)
        self.look_up(payment.reference)

    @precondition(lambda self: self.clerk.tries)
    @rule()
    def resume(self) -> None:
        """What is unknown is taken up again."""
        hung = PaymentAttempt.objects.filter(state__in=OPEN_STATES).order_by("-pk")
        for seconds, attempt in enumerate(hung, start=1):  # the oldest has waited longest
            attempt.next_try_at, attempt.leased_until = timezone.now() - timedelta(seconds=seconds), None
            attempt.save(update_fields=["next_try_at", "leased_until"])
        resume_what_is_due()
        self.carry_out()
        self.clerk.resume()

    @precondition(lambda self: self.clerk.cards)
    @rule(order=st.permutations(range(12)))
    def hear_again(self, order: list[int]) -> None:
        """All that the gateway ever told comes once more, in any order."""
        for payment in Payment.objects.order_by("pk"):
            if self.is_unknown(payment.reference):
                continue  # of which its books would tell more than we are to know yet
            told = list(provider_of("fake").look_up(LookUpRequest(reference=payment.reference)))
            shuffled = [told[index] for index in order if index < len(told)]
            facts.learn("fake", shuffled, source=EventSource.WEBHOOK, actor=SYSTEM)

    # --- what must be true -------------------------------------------------------------------------------------------

    @invariant()
    def the_order_is_as_the_clerk_says(self) -> None:
        order, clerk = Order.objects.get(pk=self.order_id), self.clerk
        assert {
            "status": order.status,
            "canceling": order.canceling_at is not None,
            "payment": order.payment_status,
            "total": order.total,
            "credits": order.credit_total,
            "captured": order.captured_total,
            "refunded": order.refunded_total,
            "balance": order.balance.amount,
            "original": order.original_total,
            "items": order.item_subtotal,
            "discounts": order.discount_total,
            "tax": order.tax_total,
            "shipping": order.shipping_subtotal,
        } == {
            "status": clerk.status,
            "canceling": clerk.canceling,
            "payment": clerk.payment_status,
            "total": self.money(clerk.total).amount,
            "credits": self.money(clerk.credits).amount,
            "captured": self.money(clerk.captured).amount,
            "refunded": self.money(clerk.refunded).amount,
            "balance": self.money(clerk.balance).amount,
            "original": self.money(ORDERED).amount,
            **{part: self.money(each).amount for part, each in self.ordered.items()},
        }
        lines = CreditLine.objects.filter(order=order)
        assert sum((line.amount for line in lines), Decimal(0)) == order.credit_total

    @invariant()
    def every_payment_is_as_the_clerk_says(self) -> None:
        assert [
            (payment.amount, payment.captured, payment.refunded, payment.canceled_at is not None, payment.problem)
            for payment in self.payments()
        ] == [
            (*(self.money(each).amount for each in (card.authorized, card.captured, card.refunded)), card.void, "")
            for card in self.clerk.cards
        ]
        assert [sorted(attempts(payment)) for payment in self.payments()] == [
            sorted((each.act, self.money(each.amount).amount, each.state, each.foreign) for each in card.tries)
            for card in self.clerk.cards
        ]

    @invariant()
    def the_gateways_own_books_are_as_the_clerk_says(self) -> None:
        assert [self.gateway.moved(payment.reference)[1:] for payment in self.payments()] == [
            (card.booked("capture"), card.booked("refund")) for card in self.clerk.cards
        ]

    # --- how ---------------------------------------------------------------------------------------------------------

    def line(self) -> LineRequest:
        """2 at 600 each, less 100."""
        return LineRequest(
            sku="LAMP",
            quantity=2,
            unit_price=self.money(600).amount,
            discounts=[DiscountRequest(amount=self.money(100).amount)],
            tax_lines=[TaxRequest(name="VAT", rate=Decimal(10))],
        )

    def rest_of_the_order(self) -> dict[str, Any]:
        """Less 200 more, with the tax on what is left, and shipping: ORDERED."""
        return {
            "prices_include_tax": self.with_tax,
            "discounts": [DiscountRequest(amount=self.money(200).amount)],
            "shipping_methods": [ShippingRequest(name="Post", amount=self.money(self.ordered["shipping"]).amount)],
        }

    def both(self, ours: Callable[[], object], clerks: Callable[[], None], script: list[tuple[str, str]]) -> None:
        """Do it here and on paper; what the one refuses the other refuses too."""
        with self.scripted(script):
            try:
                ours()
            except DomainError:
                with pytest.raises(Refused):
                    clerks()
                return
            self.carry_out()
        clerks()

    @contextmanager
    def scripted(self, calls: list[tuple[str, str]]) -> Iterator[None]:
        for act, fault in calls:
            self.gateway.script(act, "" if fault == "ok" else fault, webhook="silent")
        yield
        self.gateway.forget_script()

    def carry_out(self) -> None:
        """As a worker does, in the order in which it was asked for, and with what follows from it."""
        wanted = PaymentAttempt.objects.filter(state=AttemptState.INTENDED).order_by("pk")
        while ids := list(wanted.values_list("pk", flat=True)):
            for attempt_id in ids:
                calling.carry_out(attempt_id)

    def look_up(self, reference: str) -> None:
        told = provider_of("fake").look_up(LookUpRequest(reference=reference))
        facts.learn("fake", told, source=EventSource.LOOKUP, actor=SYSTEM)
        self.carry_out()
        self.clerk_hears(reference)

    def clerk_hears(self, reference: str) -> None:
        """What the gateway's books tell of what nobody knows the outcome of."""
        for made in self.tries():
            if made.state == UNKNOWN and made.done and self.reference(made) == reference:
                self.clerk.heard(made)

    def choose(self, place: int, suits: Callable[[Card], int]) -> tuple[int, Card, Payment]:
        """One of the cards with which it can be done; any where there is none."""
        cards = self.clerk.cards
        fitting = [index for index, card in enumerate(cards) if suits(card)] or list(range(len(cards)))
        index = fitting[place % len(fitting)]
        return index, self.clerk.cards[index], self.payments()[index]

    def payments(self) -> list[Payment]:
        """In the order in which the clerk wrote their cards down."""
        return list(Payment.objects.filter(order_id=self.order_id).order_by("pk"))

    def tries(self) -> list[Try]:
        return [*self.clerk.tries, *(each for card in self.clerk.cards for each in card.tries)]

    def pending(self) -> list[Try]:
        return [each for each in self.tries() if each.state == PENDING]

    def refunded(self) -> list[Try]:
        return [each for each in self.tries() if each.act == "refund" and each.state == "succeeded"]

    def reference(self, made: Try) -> str:
        if made.act == "authorize":
            return str(self.sessions[id(made)])
        return self.payments()[made.card].reference

    def movement(self, made: Try, reference: str) -> str:
        """The gateway's id of it: the one of that kind, amount and state whose turn it is."""
        twins = sorted(
            (each for each in self.tries() if self.is_like(each, made) and self.reference(each) == reference),
            key=lambda each: each.turn,
        )
        found = [
            each["id"]
            for each in self.gateway.payment(reference)["movements"]
            if (each["act"], each["amount"], each["state"]) == (made.act, made.amount, made.state)
        ]
        return str(found[[id(each) for each in twins].index(id(made))])

    def is_like(self, one: Try, other: Try) -> bool:
        return (one.act, one.amount, one.state) == (other.act, other.amount, other.state)

    def is_unknown(self, reference: str) -> bool:
        return any(each.state == UNKNOWN and self.reference(each) == reference for each in self.tries())

    def money(self, minor: int) -> Money:
        return Money(Decimal(minor).scaleb(-exponent(self.currency)), self.currency)


class InYen(MoneyHistories):
    currency = "JPY"


class InDinars(MoneyHistories):
    """With prices that hold the tax: 82 of 900."""

    currency = "KWD"
    with_tax = True
    ordered: ClassVar[dict[str, int]] = {"items": 1091, "discounts": 273, "tax": 82, "shipping": 100}


def part(share: str, whole: int) -> int:
    return {"all": whole, "half": (whole + 1) // 2, "unit": min(1, whole), "more": whole + 1}[share]


def attempts(payment: Payment) -> list[tuple[str, Decimal, str, bool]]:
    """What is written and was not asked for yet is as unknown to the clerk as what has no answer."""
    return [
        (each.act, each.amount, UNKNOWN if each.state == AttemptState.INTENDED else each.state, each.is_foreign)
        for each in PaymentAttempt.objects.filter(payment=payment).exclude(act="authorize")
    ]


MACHINES = {"USD": MoneyHistories, "JPY": InYen, "KWD": InDinars}


@pytest.mark.django_db
@pytest.mark.parametrize(("currency", "examples"), [("USD", 12), ("JPY", 6), ("KWD", 6)])  # what differs is rounding
def test_any_history_of_money_is_the_same_in_three_books(currency: str, examples: int, gateway: Gateway) -> None:
    machine = MACHINES[currency]
    machine.gateway = gateway
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=20, deadline=None))


@pytest.mark.django_db
@pytest.mark.soak
@pytest.mark.parametrize("currency", MACHINES)
def test_two_thousand_histories_of_money_are_the_same_in_three_books(currency: str, gateway: Gateway) -> None:
    machine = MACHINES[currency]
    machine.gateway = gateway
    run_state_machine_as_test(machine, settings=settings(max_examples=667, stateful_step_count=20, deadline=None))
