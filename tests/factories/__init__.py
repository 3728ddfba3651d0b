"""The least valid thing of each kind."""

from __future__ import annotations

import factory
from django.contrib.auth import get_user_model

from channels.models import ChannelLocation, SalesChannel
from inventory.enums import AdjustmentReason, MovementKind
from inventory.models import InventoryItem, InventoryLevel, StockLocation
from inventory.services import ledger
from oms.core import actors
from oms.core.transactions import atomic


class InventoryItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = InventoryItem

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    title = factory.LazyAttribute(lambda item: f"Thing {item.sku}")


class StockLocationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StockLocation

    code = factory.Sequence(lambda n: f"place-{n}")
    name = factory.LazyAttribute(lambda location: location.code.upper())


class InventoryLevelFactory(factory.django.DjangoModelFactory):
    """A level whose opening stock stands in the ledger, as every stock does."""

    class Meta:
        model = InventoryLevel

    item = factory.SubFactory(InventoryItemFactory)
    location = factory.SubFactory(StockLocationFactory)

    @classmethod
    def _create(cls, model_class, *args, on_hand=0, **kwargs):
        level = super()._create(model_class, *args, **kwargs)
        if on_hand:
            with atomic():
                opening = ledger.Movement(
                    level_id=level.pk, kind=MovementKind.OPENING, on_hand=on_hand, reason=AdjustmentReason.COUNT
                )
                ledger.post([opening], actor=actors.SYSTEM)
            level.refresh_from_db()
        return level


class SalesChannelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SalesChannel
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"shop-{n}")
    name = factory.LazyAttribute(lambda channel: channel.code.title())

    @factory.post_generation
    def locations(channel, create, extracted, **kwargs):  # noqa: N805  (factory_boy passes the instance)
        ChannelLocation.objects.bulk_create(
            ChannelLocation(channel=channel, location_id=location.pk) for location in extracted or ()
        )


class StaffFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda n: f"clerk{n}")
    is_staff = True
    is_superuser = True
