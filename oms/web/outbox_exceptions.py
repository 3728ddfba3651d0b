"""Dead letters, which need a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from oms.core import replaying
from oms.core.errors import NotAllowed
from oms.core.models import Delivery, DeliveryState
from oms.core.replaying import Wanted
from oms.web.console import acts, attention, show
from oms.web.console.attention import Act, Kind, Matter

LONGEST: Final = 200  # letters of an error


class NobodyListens(NotAllowed):
    """The receiver is no longer installed, so that delivering it again could only fail."""

    code = "nobody_listens"
    message = _("Nobody of that name listens any more. Skip it in the list of deliveries.")


def _dead(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(state=DeliveryState.DEAD).select_related("event")


def _tell(rows: Sequence[Delivery]) -> Iterator[Matter]:
    for row in rows:
        yield Matter(
            pk=row.pk,
            title=_now("%(event)s did not reach %(subscriber)s") % {"event": row.event, "subscriber": row.subscriber},
            since=row.event.occurred_at,
            url=show.change_url("core_delivery", row.pk),
            detail=row.error[:LONGEST],
        )


def _deliver_again(request: HttpRequest, pk: UUID) -> str:
    if not replaying.replay(Wanted(delivery_ids=[pk]), actor=acts.actor_of(request)):
        raise NobodyListens()
    return _now("It will be delivered again, and what is parked behind it follows.")


attention.show(
    Kind(
        rank=60,
        name="dead-letters",
        title=_("Dead letters"),
        icon="mark_email_unread",
        model=Delivery,
        narrow=_dead,
        age=("event_id", "id"),
        tell=_tell,
        act=Act(label=_("Deliver again"), permission="core.change_delivery", run=_deliver_again),
        tone="bad",
    )
)
