"""What each role may open and do in the console, page by page. A page that is missing here fails.

m: merchant, w: warehouse, s: support, a: analyst; empty: superusers.
"""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.access.people import ROLES, member, routes, signed_in
from tests.console import a_house, furnish

pytestmark = pytest.mark.django_db

# Who sees lists and rows, who adds, who changes. Nobody but superusers deletes anything.
MODELS = {
    "orders.order": ("mwsa", "", ""),
    **{f"orders.{name}": ("mwsa", "", "") for name in ("orderline", "hold", "timelineentry")},
    **{
        f"orders.{name}": ("msa", "", "")
        for name in ("shippingline", "taxline", "adjustment", "creditline", "crediteditem")
    },
    **{f"orders.{name}": ("ms", "", "") for name in ("orderaddress", "note")},
    "orders.customer": ("ms", "", "ms"),
    **{
        f"payments.{name}": ("msa", "", "")
        for name in ("payment", "paymentcollection", "paymentsession", "paymentattempt", "providerevent")
    },
    **{f"payments.{name}": ("ms", "m", "") for name in ("giftcard", "storecreditaccount")},
    **{f"payments.{name}": ("ms", "", "") for name in ("giftcardentry", "storecreditentry")},
    "payments.providerwebhook": ("m", "", ""),  # they may name people
    **{f"fulfillment.{name}": ("mwsa", "", "") for name in ("fulfillment", "fulfillmentline", "parcel")},
    "inventory.inventoryitem": ("mwsa", "m", "m"),
    "inventory.stocklocation": ("mwsa", "m", "m"),
    **{f"inventory.{name}": ("mwsa", "", "") for name in ("inventorylevel", "pooledstock")},
    **{f"inventory.{name}": ("mwa", "mw", "") for name in ("arrival", "transfer", "stockcount")},
    **{
        f"inventory.{name}": ("mwa", "", "")
        for name in (
            *("reservation", "stockmovement", "arrivalline", "transferline", "stockcountline", "stockshortage"),
            *("lowstockalert", "sourcingdecision", "pooledreservation", "pooledmovement"),
        )
    },
    "inventory.kitcomponent": ("mwsa", "", ""),
    "channels.saleschannel": ("msa", "m", "m"),
    "channels.channellocation": ("msa", "", ""),
    **{
        f"channels.{name}": ("ma", "", "")
        for name in ("importrun", "importlane", "sourcedocument", "sourcedocumentline", "creditmatch")
    },
    **{f"channels.{name}": ("m", "", "") for name in ("importreject", "importupload", "sourcerun", "sourcefile")},
    "channels.ordersource": ("m", "m", "m"),
    "channels.columnmapping": ("m", "", ""),
    "orders.salesquarter": ("ma", "", ""),
    **{f"orders.{name}": ("mwsa", "", "") for name in ("bulkjob", "bulkjobrow")},  # one's own
    "web.savedview": ("", "", ""),
    **{f"core.{name}": ("", "", "") for name in ("outboxevent", "delivery", "idempotencykey")},
    **{f"web.{name}": ("", "", "") for name in ("apikey", "stafflimits", "secondfactor", "auditentry")},
    **{f"auth.{name}": ("", "", "") for name in ("user", "group")},
    **{
        f"django_celery_beat.{name}": ("", "", "")
        for name in ("periodictask", "intervalschedule", "crontabschedule", "solarschedule", "clockedschedule")
    },
}
# Every other page and button: with what method it is asked, and who may.
PAGES = {
    **dict.fromkeys(("index", "search", "password_change", "password_change_done", "jsi18n"), ("get", "mwsa")),
    "core_delivery_subscribers": ("get", ""),
    "web_apikey_revoke": ("post", ""),
    "auth_user_password_change": ("get", ""),
    "inventory_arrival_step": ("post", "mw"),
    "inventory_transfer_step": ("post", "mw"),
    "inventory_stockcount_step": ("post", "mw"),
    "inventory_pooledstock_adjust": ("post", ""),  # while stock is pooled: those who adjust it
    "inventory_inventoryitem_adjust": ("post", "mw"),
    "inventory_inventoryitem_ledger": ("get", "mwa"),
    "inventory_inventorylevel_keep": ("post", "mw"),
    "inventory_inventorylevel_adjust": ("get", "mw"),
    "inventory_inventorylevel_then": ("get", "mwsa"),
    "orders_customer_personal-data": ("post", "m"),
    "orders_customer_erase": ("post", "m"),
    "orders_order_refund": ("get", "ms"),
    "orders_order_act": ("post", "ms"),  # each act has a permission of its own: below
    "payments_giftcard_lookup": ("post", "ms"),
    **{f"payments_{name}_act": ("post", "m") for name in ("giftcard", "storecreditaccount")},
    "channels_ordersource_act": ("post", "m"),
    "channels_importupload_import": ("get", "m"),
    "channels_importupload_start": ("post", "m"),
    "channels_importupload_discard": ("post", "m"),
    "channels_importupload_progress": ("get", "m"),
    "channels_importupload_rejects": ("get", "m"),
    "channels_importupload_columns": ("post", "m"),
    "channels_importupload_sheet": ("get", "m"),
    "channels_importreject_mend": ("post", "m"),
    "channels_importreject_settle": ("post", "m"),
    "channels_importrun_retry": ("post", "m"),
    "console_exceptions": ("get", "mwsa"),
    "console_exception_act": ("post", "mwsa"),  # of what one may see
    "console_time_zone": ("post", "mwsa"),
    "inventory_inventorylevel_export": ("get", "mwsa"),
    "orders_customer_export": ("get", "ms"),
    "orders_order_export": ("get", "mwsa"),
    "orders_order_bulk": ("post", "ms"),
    "orders_bulkjob_cancel": ("post", "mwsa"),
    "orders_bulkjob_retry": ("post", "mwsa"),
    "orders_bulkjob_progress": ("get", "mwsa"),
    "orders_bulkjob_results": ("get", "mwsa"),
    **{f"orders_order_view_{act}": ("post", "mwsa") for act in ("save", "change", "delete")},
}
# What anybody may open, signed in or not, or what leads on to a page of the table above.
OPEN = {"login", "logout", "app_list", "autocomplete", "view_on_site", "second_factor", None}
ACTS = {
    **dict.fromkeys(("fulfill", "move", "unpack", "ship", "deliver"), "mw"),
    **dict.fromkeys(("capture", "void", "mark-paid"), "m"),
    **dict.fromkeys(
        ("cancel", "keep", "hold", "release", "complete", "archive", "note", "remove-note", "tag", "untag"), "ms"
    ),
}

_NOTHING = UUID(int=7)
_STEPS = {
    "orders_order_act": "note",
    "orders_order_bulk": "hold",
    "inventory_arrival_step": "receive",
    "inventory_transfer_step": "send",
    "inventory_stockcount_step": "apply",
}


def _name(label):
    return label.replace(".", "_")


def _others():
    """The names of the console's routes that are no list and no form of a model."""
    found = {route.name for path, route in routes() if path.startswith("console/")}
    ours = {
        f"{_name(label)}_{what}" for label in MODELS for what in ("changelist", "add", "change", "delete", "history")
    }
    return found - ours


def _address(name):
    route = next(path for path, route in routes() if path.startswith("console/") and route.name == name)
    filled = re.sub(r"<uuid:\w+>", str(_NOTHING), route).replace("<id>", "0")
    return "/" + re.sub(r"<slug:\w+>", _STEPS.get(name, "x"), filled)


def test_for_every_page_of_the_console_it_is_decided_who_may():
    assert {model._meta.label_lower for model in admin.site._registry} == set(MODELS)
    assert _others() == set(PAGES) | OPEN


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_lists_and_rows_and_no_others(role):
    furnish(a_house(), 1)
    client = signed_in(member(role))

    seen = {"list": set(), "add": set(), "change": set()}
    for model in admin.site._registry:
        label = model._meta.label_lower
        row = model._default_manager.order_by("pk").first()
        address = {
            what: reverse(f"admin:{_name(label)}_{what}", args=args)
            for what, args in (("changelist", []), ("add", []), ("change", [row.pk]), ("delete", [row.pk]))
        }
        told = {
            "list": client.get(address["changelist"]),
            "add": client.get(address["add"]),
            "change": client.post(address["change"], {}),
        }
        for what, answer in told.items():
            if answer.status_code == 200 or answer.headers.get("Location") == address["changelist"]:
                seen[what].add(label)
        if label not in seen["list"]:
            assert client.get(address["change"]).status_code in {302, 403, 404}, label  # 302: there is no such row
        client.post(address["delete"], {"post": "yes"})
        assert model._default_manager.filter(pk=row.pk).exists(), label

    lists, adds, changes = ({label for label in MODELS if role[0] in MODELS[label][place]} for place in range(3))
    assert seen == {"list": lists, "add": adds, "change": changes}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_other_pages_and_presses_its_buttons_and_no_others(role):
    client = signed_in(member(role))

    told = {name: getattr(client, method)(_address(name)).status_code for name, (method, _roles) in PAGES.items()}

    assert {name for name, status in told.items() if status != 403} == {
        name for name, (_method, roles) in PAGES.items() if role[0] in roles
    }
    assert not {name: status for name, status in told.items() if status >= 500}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_its_acts_on_orders_and_no_others(role):
    from orders.admin.acts import ACTS as KNOWN

    client = signed_in(member(role))

    told = {name: client.post(reverse("admin:orders_order_act", args=[_NOTHING, name])).status_code for name in KNOWN}

    assert set(KNOWN) == set(ACTS)
    assert {name for name, status in told.items() if status != 403} == {
        name for name, roles in ACTS.items() if role[0] in roles
    }


def test_who_is_not_signed_in_is_led_to_the_login(client):
    for name, (method, _roles) in PAGES.items():
        if name != "jsi18n":
            answer = getattr(client, method)(_address(name))
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/console/login/"), name
    for model in admin.site._registry:
        answer = client.get(reverse(f"admin:{_name(model._meta.label_lower)}_changelist"))
        assert answer.status_code == 302
