"""The roles that come with the house, as groups: what each may do, and how the groups get there.

After every migrate the groups are given what stands here and was never given to them before. What was given once is
not given again: whoever takes a permission from a group, or deletes the group, is not overruled by the next release;
a permission that a release adds does come. Django's own groups are all there is at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction

from oms.web.models import RoleGrant

MERCHANT: Final = "merchant"
WAREHOUSE: Final = "warehouse"
SUPPORT: Final = "support"
ANALYST: Final = "analyst"


def _view(app: str, *models: str) -> frozenset[str]:
    return frozenset(f"{app}.view_{model}" for model in models)


_GOODS_OF_ORDERS: Final = _view("orders", "order", "orderline", "hold", "timelineentry") | _view(
    "fulfillment", "fulfillment", "fulfillmentline", "parcel"
)
_MONEY: Final = _view("orders", "shippingline", "taxline", "adjustment", "creditline", "crediteditem") | _view(
    "payments", "payment", "paymentcollection", "paymentsession", "paymentattempt", "providerevent"
)
_BALANCES: Final = _view("payments", "giftcard", "giftcardentry", "storecreditaccount", "storecreditentry")
_PEOPLE: Final = _view("orders", "customer", "orderaddress", "note")
_GOODS: Final = _view("inventory", "inventoryitem", "kitcomponent", "stocklocation", "inventorylevel", "pooledstock")
_STOCK: Final = _GOODS | _view(
    "inventory",
    *("reservation", "stockmovement", "arrival", "arrivalline", "transfer", "transferline", "stockcount"),
    *("stockcountline", "stockshortage", "lowstockalert", "sourcingdecision", "pooledreservation", "pooledmovement"),
)
_CHANNELS: Final = _view("channels", "saleschannel", "channellocation")
_WHAT_CAME_IN: Final = _view(
    "channels", "importrun", "importlane", "sourcedocument", "sourcedocumentline", "creditmatch"
)
_IMPORTS: Final = _WHAT_CAME_IN | _view(
    "channels", "importreject", "importupload", "ordersource", "sourcerun", "sourcefile"
)
_PACKING: Final = frozenset({"fulfillment.add_fulfillment", "fulfillment.change_fulfillment"})

ROLES: Final[Mapping[str, frozenset[str]]] = {
    # All of the business; no users, keys, events, schedules.
    MERCHANT: frozenset(
        {
            *(_GOODS_OF_ORDERS | _MONEY | _BALANCES | _PEOPLE | _STOCK | _CHANNELS | _IMPORTS | _PACKING),
            *("payments.add_giftcard", "payments.change_giftcard"),
            *("payments.add_storecreditaccount", "payments.change_storecreditaccount"),
            *("orders.add_order", "orders.change_order", "orders.delete_customer"),
            *("orders.add_customer", "orders.change_customer"),
            *("inventory.add_inventoryitem", "inventory.change_inventoryitem", "inventory.add_stocklocation"),
            *("inventory.change_stocklocation", "inventory.change_inventorylevel", "inventory.change_pooledstock"),
            *("channels.add_saleschannel", "channels.change_saleschannel", "channels.import_orders"),
            *("channels.view_columnmapping", "orders.view_salesquarter", "web.share_savedview"),
            *("channels.add_ordersource", "channels.change_ordersource", "payments.view_providerwebhook"),
            *("payments.capture_payment", "payments.refund_payment"),
        }
    ),
    # Packs, ships, receives, counts, at their own locations.
    WAREHOUSE: frozenset(
        {
            *(_GOODS_OF_ORDERS | _STOCK | _PACKING),
            *("inventory.change_inventorylevel", "inventory.change_pooledstock", "web.own_locations_only"),
        }
    ),
    # Talks to customers: everything of an order, also their money back, but neither goods nor keys. Takes no money,
    # gives no credit.
    SUPPORT: frozenset(
        {
            *(_GOODS_OF_ORDERS | _MONEY | _BALANCES | _PEOPLE | _GOODS | _CHANNELS),
            *("orders.change_order", "orders.add_customer", "orders.change_customer"),
            "payments.refund_payment",
        }
    ),
    # Reads figures: no lists of people, and none of the records that name them.
    ANALYST: _GOODS_OF_ORDERS | _MONEY | _STOCK | _CHANNELS | _WHAT_CAME_IN | {"orders.view_salesquarter"},
}


def keep_groups(*, using: str = "default", **sent: Any) -> None:
    """Give the groups what they never had: Django calls it after migrate. A second time changes nothing."""
    if RoleGrant._meta.db_table not in connections[using].introspection.table_names():
        return
    for label in sorted({name.partition(".")[0] for wanted in ROLES.values() for name in wanted}):
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    with transaction.atomic(using=using):
        for role, wanted in ROLES.items():
            _give(role, wanted, using)


def _give(role: str, wanted: Iterable[str], using: str) -> None:
    """A group that was there before under this name is taken for the role; one that was deleted stays deleted."""
    given = set(RoleGrant.objects.using(using).filter(role=role).values_list("permission", flat=True))
    new = sorted(set(wanted) - given)
    if not new:
        return
    groups = Group.objects.using(using)
    group = groups.filter(name=role).first() if given else groups.get_or_create(name=role)[0]
    if group is not None:
        group.permissions.add(*_permissions(new, using))
    RoleGrant.objects.using(using).bulk_create([RoleGrant(role=role, permission=name) for name in new])


def _permissions(names: Iterable[str], using: str) -> list[Permission]:
    by_name = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.using(using).select_related("content_type")
    }
    return [by_name[name] for name in names]
