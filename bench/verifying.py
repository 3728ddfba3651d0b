"""Proofs in a process of their own: of all stock (prints seconds and rows), of orders with `--orders HOW_MANY`, of all
balances and so many payments with `--payments HOW_MANY`.

Fails where anything differs.
"""

from __future__ import annotations

import json
import sys
import time

import django


def main() -> None:
    django.setup()
    if sys.argv[1:2] == ["--orders"]:
        prove_orders(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--payments"]:
        prove_payments(int(sys.argv[2]))
    else:
        prove_stock()


def prove_stock() -> None:
    from django.db import connection

    from inventory.services.verify import verify_stock

    connection.ensure_connection()
    began = time.perf_counter()
    proof = verify_stock()
    seconds = time.perf_counter() - began
    if proof.differences:
        raise SystemExit(f"differs: {proof.differences[:3]}")
    print(json.dumps({"seconds": seconds, "rows": proof.ledger_rows}))  # noqa: T201


def prove_orders(many: int) -> None:
    """That statuses and totals of so many orders, spread over all, are what the rollup says. Writes nothing."""
    from django.db import transaction

    from orders.models import Order
    from orders.services import rollup

    with transaction.atomic():
        orders = list(Order.objects.raw(_SPREAD, [many]))
        changes = rollup.refresh_all(orders, revisions=dict.fromkeys((order.pk for order in orders), 1))
        transaction.set_rollback(True)
    if wrong := {str(order): changes[order.pk] for order in orders if changes[order.pk]}:
        raise SystemExit(f"{len(wrong)} of {len(orders)} orders differ: {list(wrong.items())[:3]}")
    print(json.dumps({"orders": len(orders)}))  # noqa: T201


_SPREAD = "SELECT * FROM orders_order ORDER BY hashint8(number) LIMIT %s"


def prove_payments(many: int) -> None:
    """That balances are the sums of their entries, and that so many payments are what their providers told."""
    from payments.books import books
    from payments.models import Payment
    from payments.selectors import events_of
    from payments.services.verify_balances import verify_balances

    if differences := verify_balances().differences:
        raise SystemExit(f"differs: {[str(each) for each in differences[:3]]}")
    for payment in Payment.objects.raw(_OURS, [many]):
        told = books(events_of(payment).filter(problem=""))
        ours = (payment.amount, payment.captured, payment.refunded, payment.canceled_at is not None)
        if ours != (told.authorized, told.captured, told.refunded, told.is_void):
            raise SystemExit(f"payment {payment.pk} differs: {ours}, told were {told}")
    print(json.dumps({"payments": many}))  # noqa: T201


_OURS = "SELECT * FROM payments_payment WHERE provider <> 'external' ORDER BY hashtext(reference) LIMIT %s"


if __name__ == "__main__":
    main()
