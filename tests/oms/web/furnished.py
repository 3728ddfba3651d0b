"""A house with so many of everything that the API lists, and every list of it by the path of its route."""

from __future__ import annotations

from dataclasses import dataclass, field

from inventory.models import StockShortage
from inventory.services import alerts
from inventory.services.arrivals import create_arrival
from inventory.services.counts import create_count
from inventory.services.papers import Line
from inventory.services.transfers import create_transfer
from oms.core import ids
from oms.core.actors import Actor, ActorKind
from oms.web.api_keys import create_api_key
from oms.web.scopes import Scope
from orders.enums import BulkAct
from orders.models import Order
from orders.services.bulk_jobs import start_bulk_job
from orders.services.notes import add_note
from payments.models import Payment
from payments.services.gift_cards import adjust_gift_card
from payments.services.store_credit import adjust_store_credit
from tests.api import key
from tests.factories import SalesChannelFactory, StockLocationFactory
from tests.paying import promised, usd
from tests.payments.balances import a_card, an_account
from tests.scenarios import STAFF, Shop, placed_order, shop


@dataclass
class House:
    """secret: of a key that may see all of it. parts: what stands in the paths of routes, by parameter."""

    secret: str
    shop: Shop
    orders: list[Order]
    parts: dict[str, str] = field(default_factory=dict)

    def path(self, route: str) -> str:
        for name, value in self.parts.items():
            route = route.replace(f"{{{name}}}", value)
        assert "{" not in route, f"{route}: say in tests/oms/web/furnished.py what stands there"
        return route


def furnish(rows: int) -> House:
    """`rows` of everything."""
    made = create_api_key(title="Test", scopes=list(Scope))
    caller = Actor(ActorKind.API_KEY, made.key.public_id, made.key.title)
    skus, places = [f"SKU-{number}" for number in range(rows)], [f"W{number}" for number in range(rows)]
    here = shop({place: dict.fromkeys(skus, 9) for place in places})
    orders = [placed_order(here, {sku: 1}, email=f"{sku}@example.com") for sku in skus]
    for order in orders:
        Payment.objects.create(order=order, currency=order.currency, amount=order.total)
    taken = promised(orders[0], 5 * rows + 30, captured=[5] * rows)
    for _ in range(rows - 1):
        key()
        SalesChannelFactory()
        add_note(order_id=orders[0].pk, body="again", actor=STAFF)
    for number in range(rows):
        card = a_card(50).card
        for _ in range(rows - 1):
            adjust_gift_card(card_id=card.pk, amount=usd(1), reason="goodwill", actor=STAFF)
        account = an_account(50, email=f"{number}@example.org")
        for _ in range(rows - 1):
            adjust_store_credit(account_id=account.pk, amount=usd(1), reason="goodwill", actor=STAFF)
    where = [here.locations[place].pk for place in places]
    other = StockLocationFactory()
    lines = [Line(here.items[sku].pk, 1) for sku in skus]
    level = here.level(skus[0], places[0])
    for number in range(rows):
        create_arrival(location_id=where[0], lines=lines, actor=STAFF)
        create_transfer(source_id=where[0], target_id=other.pk, lines=lines, actor=STAFF)
        count = create_count(location_id=where[0], lines=lines, actor=STAFF)
        StockShortage.objects.create(level=level, count=count, reservation_id=ids.new_id(), quantity=1)
        alerts.set_threshold(item_id=here.items[skus[number]].pk, location_id=where[0], threshold=20, actor=STAFF)
        act = {"act": BulkAct.HOLD, "given": {"reason": "other"}}
        job = start_bulk_job(**act, orders=Order.objects.all(), actor=caller)
    parts = {
        "card_id": card.public_id,
        "account_id": account.public_id,
        "job_id": job.public_id,
        "order_id": orders[0].public_id,
        "item_id": here.items[skus[0]].public_id,
        "channel_id": here.channel.public_id,
        "payment_id": taken.public_id,
        "collection_id": ids.encode(ids.PAYMENT_COLLECTION, taken.collection_id),
        "session_id": ids.encode(ids.PAYMENT_SESSION, taken.session_id),
    }
    return House(made.secret, here, orders, parts)
