"""Stock belongs to the location where it lies; which channels sell it is no matter here."""

from uuid import UUID

from django.db.models import Model, Q

from inventory import providers
from inventory.models import (
    Arrival,
    ArrivalLine,
    InventoryItem,
    InventoryLevel,
    KitComponent,
    LowStockAlert,
    PooledMovement,
    PooledReservation,
    PooledStock,
    Reservation,
    SourcingDecision,
    StockCount,
    StockCountLine,
    StockLocation,
    StockMovement,
    StockShortage,
    Transfer,
    TransferLine,
)
from oms.web.limits import Ids, Limits, anyway, by, limit, limit_as, never, offer


def _either_end(path: str, ids: Ids) -> Q:
    """A transfer is seen by those who send it and by those who wait for it."""
    return Q(**{f"{path}source_id__in": ids}) | Q(**{f"{path}target_id__in": ids})


# What is sold is no secret; how much of it lies where is.
limit(InventoryItem, channel=anyway, location=anyway)
limit(KitComponent, channel=anyway, location=anyway)
limit(StockLocation, channel=anyway, location=by("id"))
limit(InventoryLevel, channel=anyway, location=by("location_id"))
limit(Arrival, channel=anyway, location=by("location_id"))
limit(StockCount, channel=anyway, location=by("location_id"))
limit(Transfer, channel=anyway, location=_either_end)
for _kind in (Reservation, StockMovement, StockShortage, LowStockAlert):
    limit_as(_kind, InventoryLevel, through="level")
limit_as(ArrivalLine, Arrival, through="arrival")
limit_as(StockCountLine, StockCount, through="count")
limit_as(TransferLine, Transfer, through="transfer")
# It names every location that was judged, and the order.
limit(SourcingDecision, channel=never, location=never)
# Without places there is one quantity for everybody; who holds it is told to those who see every place.
limit(PooledStock, channel=anyway, location=anyway)
limit(PooledReservation, channel=never, location=never)
limit(PooledMovement, channel=anyway, location=never)

offer(locations=lambda: [(each.id, each.name) for each in providers.locations().all()])


def require_step(document: type[Model], document_id: UUID, step: str, limits: Limits) -> None:
    """Goods are sent, given up and called back by where they leave, and received where they arrive. Of other papers
    every step is theirs who see them. Raises OutsideLimits."""
    if document is Transfer and limits.locations is not None:
        ends = Transfer.objects.filter(pk=document_id).values_list("target_id" if step == "receive" else "source_id")
        limits.require_locations(*(end for (end,) in ends))
