"""What a sale needs to know that only the layers above can say. `settings.OMS` names who answers."""

from __future__ import annotations

from typing import cast

from oms.core import providers
from orders.services.placement import Selling


def find_selling(channel: str) -> Selling:
    """The sales channel with this code or public id, in one query; answered by `settings.OMS["SALES_CHANNELS"]`.

    Raises UnknownSalesChannel. One that is switched off is returned: placement refuses it.
    """
    return cast(Selling, providers.the("SALES_CHANNELS")(channel))
