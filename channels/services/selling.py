"""A sales channel as placement needs it."""

from __future__ import annotations

from django.db import connection

from oms.core import ids
from oms.core.errors import NotFound
from orders.errors import UnknownSalesChannel
from orders.services.placement import Selling

_FIND = """
SELECT channel.id, channel.code, channel.is_active,
       coalesce(array_agg(link.location_id) FILTER (WHERE link.location_id IS NOT NULL), '{}')
FROM channels_saleschannel AS channel LEFT JOIN channels_channellocation AS link ON link.channel_id = channel.id
WHERE channel.code = %s OR channel.id = %s
GROUP BY channel.id
"""


def selling(channel: str) -> Selling:
    """The channel with this code or public id, with the stock locations it may sell from, in one query.

    Raises UnknownSalesChannel. A disabled channel is returned: placement refuses it.
    """
    try:
        by_id = ids.decode(ids.SALES_CHANNEL, channel)
    except NotFound:
        by_id = None
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [channel, by_id])
        row = cursor.fetchone()
    if row is None:
        raise UnknownSalesChannel(channel=channel[:80])
    return Selling(channel_id=row[0], code=row[1], is_active=row[2], location_ids=tuple(row[3]))
