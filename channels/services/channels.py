"""Sales channels, and the stock locations they may sell from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain, count
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from channels.models import ChannelLocation, SalesChannel
from inventory import providers
from oms.core import ids
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.core.transactions import atomic

CHANGEABLE: Final = ("name", "description", "is_active", "metadata")


@atomic()
def create_channel(
    *,
    name: str,
    code: str = "",
    description: str = "",
    is_active: bool = True,
    metadata: Mapping[str, Any] | None = None,
) -> SalesChannel:
    """Make a sales channel. Without a code it gets one made of its name, with a number behind it where that is taken.

    Raises InvalidInput, also for a code that is given and taken.
    """
    channel = SalesChannel(
        code=code.strip() or _free_code(name),
        name=name.strip(),
        description=description.strip(),
        is_active=is_active,
        metadata=dict(metadata or {}),
    )
    _require_valid(channel)
    SalesChannel.objects.bulk_create([channel], ignore_conflicts=True)
    made = SalesChannel.objects.filter(pk=channel.pk).first()
    if made is None:
        message = f"There is a sales channel with code {channel.code} already."
        raise InvalidInput(errors=[FieldError("/code", message, "duplicate_channel_code")])
    return made


@atomic()
def update_channel(*, channel_id: UUID, changes: Mapping[str, Any]) -> SalesChannel:
    """Change name, description, is_active or metadata. The same again changes nothing.

    An inactive channel takes no new orders; those it has stay as they are. Raises NotFound, InvalidInput.
    """
    channel = SalesChannel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if channel is None:
        raise NotFound(kind="sales channel", id=ids.encode(ids.SALES_CHANNEL, channel_id))
    changed = []
    for name in CHANGEABLE:
        value = changes.get(name, getattr(channel, name))
        value = value.strip() if isinstance(value, str) else value
        if value != getattr(channel, name):
            setattr(channel, name, value)
            changed.append(name)
    _require_valid(channel)
    if changed:
        channel.save(update_fields=[*changed, "updated_at"])
    return channel


@atomic()
def link_channels(*, location_id: UUID, add: Collection[UUID], remove: Collection[UUID]) -> None:
    """Let sales channels sell from a stock location, or stop it. What is so already stays; orders keep what they hold.

    Raises NotFound for the location, InvalidInput for a channel that does not exist.
    """
    providers.require_locations([location_id])
    known = set(SalesChannel.objects.filter(pk__in=add).values_list("pk", flat=True))
    errors = [
        FieldError(f"/add/{index}", f"No sales channel with id {ids.encode(ids.SALES_CHANNEL, channel)}.", "not_found")
        for index, channel in enumerate(add)
        if channel not in known
    ]
    if errors:
        raise InvalidInput(errors=errors)
    ChannelLocation.objects.filter(location_id=location_id, channel_id__in=remove).delete()
    ChannelLocation.objects.bulk_create(
        [ChannelLocation(channel_id=channel, location_id=location_id) for channel in sorted(known)],
        ignore_conflicts=True,
    )


def _require_valid(channel: SalesChannel) -> None:
    try:
        channel.clean_fields()
    except ValidationError as problem:
        raise InvalidInput(
            errors=[
                FieldError(f"/{name}", f"{name}: {sentence}")
                for name, sentences in problem.message_dict.items()
                for sentence in sentences
            ]
        ) from None


def _free_code(name: str) -> str:
    base = slugify(name)[:50] or "channel"
    taken = set(SalesChannel.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(code for code in chain([base], (f"{base}-{number}" for number in count(2))) if code not in taken)
