"""Money goes back for goods and shipping: what it comes to is told before, and is what is done."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from fulfillment.models import Fulfillment
from inventory.models import StockMovement
from oms.core.actors import SYSTEM
from oms.core.errors import InvalidInput
from oms.core.money import Money
from orders.enums import CreditReason
from orders.errors import CreditsMoreThanLeft, GoodsWereRestocked, NothingToRefund, ShippingCreditsMoreThanLeft
from orders.models import CreditedItem, CreditLine, Order, OrderLine
from orders.requests import DiscountRequest, LineRequest, PaymentRequest, ShippingRequest, TaxRequest
from orders.services import collecting, fulfilling
from orders.services.refund_planning import Plan, RefundItem, Wanted, sold_of
from orders.services.refunding_lines import preview_refund, refund_order
from payments.enums import EventSource, MoneyAct, RefundReason
from payments.errors import ProviderNotSetUp, RecordedElsewhere, RefundExceedsCapture
from payments.providers.base import Fact, Outcome
from payments.services import capturing, facts, sessions
from tests.bank import Bank, carry_out, open_bank, pay_by_card
from tests.payments.balances import a_card, an_account, pay, payment_of, worth
from tests.scenarios import STAFF, Shop, items_of, kit, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


def paid_order(house: Shop, lines: Any, amount: str | None = None, **fields: Any) -> Order:
    """An order that was paid in cash, all of it unless told otherwise."""
    order = placed_order(house, lines, **fields)
    money = None if amount is None else order.money(Decimal(amount))
    collecting.mark_as_paid(order_id=order.pk, amount=money, method="cash", actor=STAFF)
    order.refresh_from_db()
    return order


def line_of(order: Order, sku: str = "LAMP") -> OrderLine:
    return order.lines.get(sku=sku)


def one(order: Order, quantity: int = 1, sku: str = "LAMP", **item: Any) -> Wanted:
    return Wanted(items=[RefundItem(line_of(order, sku).pk, quantity, **item)], reason=RefundReason.DAMAGED)


def give(order: Order, wanted: Wanted, *, waits: bool = False) -> Plan:
    plan = refund_order(order_id=order.pk, wanted=wanted, actor=STAFF, waits=waits)
    order.refresh_from_db()
    return plan


def money(order: Order) -> tuple[Decimal, Decimal, Decimal]:
    """Total, refunded and balance."""
    order.refresh_from_db()
    return order.total, order.refunded_total, order.balance.amount


def test_a_line_given_back_one_unit_at_a_time_sums_to_the_line() -> None:
    """Scenario 28."""
    line = LineRequest(sku="LAMP", quantity=3, unit_price=Decimal("3.3333333").quantize(Decimal("0.000001")))
    order = paid_order(shop({"W1": {"LAMP": 9}}), [line])

    amounts = [give(order, one(order)).amount for _ in range(3)]
    with nothing_moves(), pytest.raises(CreditsMoreThanLeft) as refusal:
        give(order, one(order))

    assert amounts == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert refusal.value.facts == {"sku": "LAMP", "requested": 1, "left": 0}
    assert money(order) == (0, 10, 0)
    assert list(CreditLine.objects.values_list("reason", flat=True)) == ["refund"] * 3


def test_taxes_and_discounts_are_part_of_what_a_unit_is_worth() -> None:
    line = LineRequest(
        sku="LAMP",
        quantity=2,
        unit_price=Decimal(100),
        discounts=[DiscountRequest(amount=Decimal(20))],
        tax_lines=[TaxRequest(name="VAT", rate=Decimal(6))],
    )
    order = paid_order(shop({"W1": {"LAMP": 9}}), [line])

    plan = give(order, one(order))

    assert (order.original_total, plan.amount) == (Decimal("190.80"), Decimal("95.40"))


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_what_is_told_before_is_what_is_done(currency: str) -> None:
    house = shop({"W1": {"LAMP": 9, "MUG": 9}})
    lines = [
        LineRequest(sku="LAMP", quantity=3, unit_price=Decimal(7)),
        LineRequest(sku="MUG", quantity=1, unit_price=Decimal(5)),
    ]
    shipping = [ShippingRequest(name="Post", amount=Decimal(4))]
    order = paid_order(house, lines, currency_code=currency, shipping_methods=shipping)
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 2}), actor=STAFF)
    order.refresh_from_db()
    wanted = Wanted(
        items=[RefundItem(line_of(order).pk, 3, restock=True), RefundItem(line_of(order, "MUG").pk, 1, restock=True)],
        shipping=Money(Decimal(3), currency),
        amount=Money(Decimal(1), currency),
        reason=RefundReason.RETURN,
    )

    with nothing_moves():
        told = preview_refund(order=order, wanted=wanted)
    done = give(order, wanted)

    assert _figures(told) == _figures(done)
    assert _figures(done) == {
        "amount": 30,
        "lines": [("LAMP", 3, 21, 2), ("MUG", 1, 5, 0)],
        "shipping": 3,
        "tenders": [("manual", 30)],
        "credit": 30,
        "balance": 0,
    }
    assert money(order) == (0, 30, 0)
    assert house.sra("LAMP") == (9, 1, 8)  # one was never packed: it is still reserved


def _figures(plan: Plan) -> dict[str, Any]:
    return {
        "amount": plan.amount,
        "lines": [(each.line.sku, each.quantity, each.amount, each.restocked) for each in plan.lines],
        "shipping": plan.shipping_amount,
        "tenders": [(each.payment.provider, each.amount) for each in plan.tenders],
        "credit": plan.credit,
        "balance": plan.after.balance,
    }


def test_packed_goods_lie_on_the_shelf_again_by_a_row_of_the_ledger_that_says_why() -> None:
    house = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 0}})
    order = paid_order(house, {"LAMP": 3})
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    elsewhere = house.locations["W2"].pk

    give(order, one(order, 1, restock=True))
    give(order, one(order, 1, restock=True, location_id=elsewhere))
    give(order, one(order, 1))

    assert (house.sra("LAMP"), house.sra("LAMP", "W2")) == ((3, 0, 3), (1, 0, 1))
    rows = StockMovement.objects.filter(reason="returned").order_by("pk")
    assert (
        list(rows.values_list("kind", "delta_on_hand", "cause", "cause_id")) == [("receipt", 1, "order", order.pk)] * 2
    )
    assert (line_of(order).quantity_returned, order.return_status) == (2, "partially_returned")
    assert order.timeline.filter(facts__act="order.lines_refunded").last().facts["restocked"] == ["1 x LAMP · W1"]


def test_a_fulfillment_whose_goods_were_restocked_is_not_unpacked() -> None:
    house = shop({"W1": {"LAMP": 5}})
    order = paid_order(house, {"LAMP": 1})
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    give(order, one(order, restock=True))

    with nothing_moves(), pytest.raises(GoodsWereRestocked):
        fulfilling.cancel_fulfillment(order_id=order.pk, fulfillment_id=Fulfillment.objects.get().pk, actor=STAFF)


def test_a_kit_comes_back_as_what_it_consists_of() -> None:
    house = shop({"W1": {"LAMP": 4}})
    kit(house, "PAIR", {"LAMP": 2})
    order = paid_order(house, {"PAIR": 1})
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)

    give(order, one(order, sku="PAIR", restock=True))

    assert house.sra("LAMP") == (4, 0, 4)


def test_goods_that_were_sent_before_they_came_here_need_a_place() -> None:
    house = shop({"W1": {"LAMP": 4}})
    order = paid_order(house, [LineRequest(sku="LAMP", quantity=1, unit_price=Decimal(10), quantity_fulfilled=1)])

    with nothing_moves(), pytest.raises(InvalidInput) as refusal:
        give(order, one(order, restock=True))
    give(order, one(order, restock=True, location_id=house.locations["W1"].pk))

    assert refusal.value.errors[0].pointer == "/items/0/location_id"
    assert house.sra("LAMP") == (5, 0, 5)


def test_every_line_that_asks_for_too_much_is_named() -> None:
    order = paid_order(shop({"W1": {"LAMP": 5, "MUG": 5}}), {"LAMP": 2, "MUG": 1})
    items = [RefundItem(line_of(order).pk, 3), RefundItem(line_of(order, "MUG").pk, 2)]

    with nothing_moves(), pytest.raises(CreditsMoreThanLeft) as refusal:
        give(order, Wanted(items=items))

    assert [(each.pointer, each.facts["left"]) for each in refusal.value.errors] == [
        ("/items/0/quantity", 2),
        ("/items/1/quantity", 1),
    ]


def test_some_of_a_line_goes_on_the_shelf_and_the_rest_does_not() -> None:
    house = shop({"W1": {"LAMP": 3}})
    order = paid_order(house, {"LAMP": 3})
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    line = line_of(order).pk

    plan = give(order, Wanted(items=[RefundItem(line, 1, restock=True), RefundItem(line, 2)]))

    assert [(each.quantity, each.amount, each.restocked) for each in plan.lines] == [(1, 10, 1), (2, 20, 0)]
    assert (house.sra("LAMP"), money(order)) == ((1, 0, 1), (0, 30, 0))
    assert CreditedItem.objects.values_list("quantity", "amount", "quantity_restocked").get() == (3, 30, 1)


def test_shipping_is_given_back_in_parts_and_no_more_than_it_cost() -> None:
    order = paid_order(
        shop({"W1": {"LAMP": 3}}), {"LAMP": 1}, shipping_methods=[ShippingRequest(name="Post", amount=Decimal(6))]
    )

    give(order, Wanted(shipping=order.money(Decimal(2))))
    with nothing_moves(), pytest.raises(ShippingCreditsMoreThanLeft) as refusal:
        give(order, Wanted(shipping=order.money(Decimal(5))))
    rest = give(order, Wanted(all_shipping=True))
    with nothing_moves(), pytest.raises(NothingToRefund):
        give(order, Wanted(all_shipping=True))

    assert (refusal.value.facts["available"], rest.amount, money(order)) == ("$4.00", 4, (10, 6, 0))


def test_no_more_goes_back_than_was_taken() -> None:
    order = paid_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 10 - 1}, amount="40")

    with nothing_moves(), pytest.raises(RefundExceedsCapture) as refusal:
        give(order, one(order, 5))
    give(order, one(order, 3))

    assert (refusal.value.facts["available"], money(order)) == ("$40.00", (60, 30, 50))


def test_what_was_owed_anyway_writes_no_credit_line() -> None:
    order = paid_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, amount="25")

    plan = give(order, Wanted(amount=order.money(Decimal(18)), reason=RefundReason.OVERPAID))

    assert (plan.before.balance, plan.credit, plan.after.balance) == (-15, 3, 0)
    assert money(order) == (7, 18, 0)
    assert CreditLine.objects.values_list("amount", "reason").get() == (3, CreditReason.REFUND)


def test_what_was_paid_elsewhere_is_not_ours_to_give_back() -> None:
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, payments=[PaymentRequest(amount=Decimal(10))])

    with nothing_moves(), pytest.raises(RecordedElsewhere):
        give(order, one(order))


def test_two_clerks_cannot_give_back_the_same_money() -> None:
    order = paid_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 6})

    give(order, Wanted(amount=order.money(Decimal(40))))
    with nothing_moves(), pytest.raises(RefundExceedsCapture) as refusal:
        give(order, Wanted(amount=order.money(Decimal(40))))

    assert refusal.value.facts["available"] == "$20.00"


class TestSeveralPayments:
    @pytest.fixture(autouse=True)
    def _bank(self) -> Iterator[None]:
        with open_bank():
            yield

    def order(self) -> Order:
        """60.00, of which 45.00 were paid by card and 15.00 in cash."""
        order = placed_order(
            shop({"W1": {"LAMP": 9}}),
            {
                "LAMP": 2,
            },
            shipping_methods=[ShippingRequest(name="Post", amount=Decimal(40))],
        )
        pay_by_card(order, "45")
        collecting.mark_as_paid(order_id=order.pk, method="cash", actor=STAFF)
        order.refresh_from_db()
        return order

    def test_each_gives_back_its_share_and_the_one_paid_first_is_asked_first(self) -> None:
        order = self.order()

        plan = give(order, Wanted(items=one(order, 2).items, all_shipping=True), waits=True)
        states = carry_out([each.pk for each in plan.attempts if each.state == "intended"])

        assert [(each.payment.provider, each.amount, each.credit) for each in plan.tenders] == [
            ("bank", 45, 45),
            ("manual", 15, 15),
        ]
        assert (states, money(order)) == (["succeeded"], (0, 60, 0))

    def test_one_that_declines_takes_back_its_share_and_nothing_else(self) -> None:
        order = self.order()
        wanted = Wanted(items=one(order, 2).items, all_shipping=True)
        plan = give(order, wanted, waits=True)
        Bank.answers = [Outcome.DECLINED]

        carry_out([plan.attempts[0].pk])

        assert money(order) == (45, 15, 0)
        assert list(CreditLine.objects.values_list("amount", flat=True)) == [15]
        assert sorted(CreditedItem.objects.values_list("amount", "is_taken_back")) == [
            (15, False),
            (20, True),
            (25, True),
        ]
        again = preview_refund(order=order, wanted=wanted)
        assert (again.amount, again.lines[0].amount, again.shipping_amount) == (45, 20, 25)

    def test_a_refund_that_was_made_after_all_gave_back_what_it_was_asked_for(self) -> None:
        order = self.order()
        attempt = give(order, one(order, 1), waits=True).attempts[0]
        Bank.answers = [Outcome.DECLINED]
        carry_out([attempt.pk])
        declined = _left(order)
        done = Fact(
            act=MoneyAct.REFUND,
            outcome=Outcome.SUCCEEDED,
            reference=order.payments.get(provider="bank").reference,
            movement="re_1",
            amount=order.money(Decimal(10)),
            key=attempt.pk,
        )

        facts.learn("bank", [done], source=EventSource.WEBHOOK, actor=SYSTEM)

        assert (declined, _left(order)) == (2, 1)
        assert money(order) == (50, 10, 0)

    def test_the_payment_that_is_named_gives_all_of_it_back(self) -> None:
        order = self.order()
        cash = order.payments.get(provider="manual")

        plan = give(order, Wanted(amount=order.money(Decimal(9)), payment_id=cash.pk))
        with nothing_moves(), pytest.raises(RefundExceedsCapture) as refusal:
            give(order, Wanted(amount=order.money(Decimal(9)), payment_id=cash.pk))

        assert [(each.payment.pk, each.amount) for each in plan.tenders] == [(cash.pk, 9)]
        assert refusal.value.facts["available"] == "$6.00"

    def test_where_a_provider_is_not_set_up_any_more_it_is_named_and_the_others_still_give_back(self, settings) -> None:
        order = self.order()
        whole = Wanted(items=one(order, 2).items, all_shipping=True)
        settings.OMS = settings.OMS | {"PAYMENT_PROVIDERS": {"manual": settings.OMS["PAYMENT_PROVIDERS"]["manual"]}}
        cash, card = order.payments.get(provider="manual"), order.payments.get(provider="bank")

        for wanted in (whole, Wanted(amount=order.money(Decimal(45)), payment_id=card.pk)):
            with nothing_moves(), pytest.raises(ProviderNotSetUp) as refusal:
                give(order, wanted)
            assert refusal.value.facts == {"provider": "bank", "amount": "$45.00"}
        give(order, Wanted(amount=order.money(Decimal(15)), payment_id=cash.pk))

        assert money(order) == (45, 15, 0)


def test_gift_cards_and_store_credit_get_back_what_they_gave_before_anybody_else() -> None:
    house = shop({"W1": {"LAMP": 9}})
    order = placed_order(house, {"LAMP": 9})
    sessions.create_collection(amount=order.money(order.total), order_id=order.pk, actor=STAFF, first=True)
    younger, account = an_account(20), a_card(40)
    older = a_card(15)
    collecting.mark_as_paid(order_id=order.pk, amount=order.money(Decimal(15)), method="cash", actor=STAFF)
    for amount, provider, data in (
        (20, "store_credit", {"account_id": younger.public_id}),
        (15, "gift_card", {"code": older.code}),
        (40, "gift_card", {"code": account.code}),
    ):
        paid = payment_of(pay(order.pk, amount, provider, **data))
        capturing.request_capture(payment_id=paid.pk, actor=STAFF)

    plan = give(order, one(order, 8))

    assert [(each.payment.provider, each.amount) for each in plan.tenders] == [
        ("gift_card", 15),
        ("gift_card", 40),
        ("store_credit", 20),
        ("manual", 5),
    ]
    assert [worth(each)[0] for each in (older.card, account.card, younger)] == [15, 40, 20]
    assert money(order) == (10, 80, 0)


def _left(order: Order) -> int:
    """How many units were not given back."""
    return sold_of(line_of(order), list(order.credited_items.all())).left
