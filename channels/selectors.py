"""Reading what a sales channel has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from channels.models import ChannelLocation
from inventory import providers
from oms.web.limits import answering, narrow


def available_in_channel(channel_id: UUID, item_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """What can be promised of each of these items in a sales channel: at its linked locations that are active.

    One query. Every item asked for is in the answer; a channel without locations has 0 of each. Who sees some
    locations only is told of those.
    """
    linked = narrow(ChannelLocation.objects.filter(channel_id=channel_id), answering.get()).values("location_id")
    return providers.current().available(item_ids, linked)
