"""What a sale needs to know that only the layers above can say. `settings.OMS` names who answers."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from oms.core import providers
from oms.web.limits import Limits
from orders.services.placement import Selling


def find_selling(channel: str) -> Selling:
    """The sales channel with this code or public id, in one query; answered by `settings.OMS["SALES_CHANNELS"]`.

    Raises UnknownSalesChannel. One that is switched off is returned: placement refuses it.
    """
    return cast(Selling, providers.the("SALES_CHANNELS")(channel))


def selling_within(channel: str, limits: Limits) -> Selling:
    """The same for somebody who sees a part of the business: the channel with those of its locations that are theirs.

    Raises UnknownSalesChannel, OutsideLimits.
    """
    selling = find_selling(channel)
    limits.require_channel(selling.channel_id)
    return replace(selling, location_ids=tuple(filter(limits.allows_location, selling.location_ids)))
