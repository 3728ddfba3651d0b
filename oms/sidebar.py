"""How the console looks, and what its sidebar leads to. For settings, which names it."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _stock_is_pooled() -> bool:
    from inventory.admin.pooled import is_in_use

    return is_in_use()


def _entry(
    title: Any, icon: str, model: str, page: str = "", pooled: bool | None = None, but: str = ""
) -> dict[str, Any]:
    """A link of the sidebar to the list of a model (app_model), or to another page, for whoever may see the model.

    pooled: shown only while stock is, or is not, one quantity for each sku. but: a page below the list that has an
    entry of its own, on which this one is not marked.
    """
    app, name = model.rsplit("_", 1)
    link = reverse_lazy(f"admin:{page or f'{model}_changelist'}")
    return {
        "active": lambda request: (
            request.path.startswith(str(link)) and not (but and request.path.startswith(str(reverse_lazy(but))))
        ),
        "title": title,
        "icon": icon,
        "link": link,
        "permission": lambda request: (
            pooled in (None, _stock_is_pooled()) and request.user.has_perm(f"{app}.view_{name}")
        ),
    }


def _may_import(request: Any) -> bool:
    from django.contrib import admin

    from channels.models import ImportUpload

    return admin.site.get_model_admin(ImportUpload).has_module_permission(request)


def _may_see_bulk_jobs(request: Any) -> bool:
    return any(map(request.user.has_perm, ("orders.view_order", "orders.view_bulkjob")))


UNFOLD = {
    "SITE_TITLE": _("Orders"),
    "SITE_HEADER": _("Orders"),
    "SITE_SYMBOL": "package_2",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/icon.svg")}],
    "STYLES": [lambda request: static("console/list.css"), lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/console.js"), lambda request: static("console/time_zone.js")],
    "LOGIN": {"form": "oms.web.console.signing_in.LoginForm"},
    "ACCOUNT": {
        "navigation": [
            {"title": _("Time zone"), "link": reverse_lazy("console_time_zone")},
            {"title": _("Second factor"), "link": reverse_lazy("second_factor")},
        ]
    },
    "DASHBOARD_CALLBACK": "oms.web.console.dashboard.index",
    "COLORS": {
        "primary": {  # a calm blue
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        # What is worked with every day, then what is looked up, then what is set up once.
        "navigation": [
            {
                "title": _("Today"),
                "items": [
                    {"title": _("What waits"), "icon": "home", "link": reverse_lazy("admin:index")},
                    {"title": _("Exceptions"), "icon": "warning", "link": reverse_lazy("console_exceptions")},
                    _entry(_("Orders"), "package_2", "orders_order"),
                    _entry(_("Bulk jobs"), "checklist", "orders_bulkjob") | {"permission": _may_see_bulk_jobs},
                    _entry(_("Fulfillments"), "local_shipping", "fulfillment_fulfillment"),
                    _entry(_("Customers"), "group", "orders_customer"),
                    _entry(_("Payments"), "payments", "payments_payment"),
                ],
            },
            {
                "title": _("Stock"),
                "items": [
                    _entry(_("Items"), "category", "inventory_inventoryitem"),
                    _entry(_("Levels"), "inventory", "inventory_inventorylevel", pooled=False),
                    _entry(_("Stock"), "inventory", "inventory_pooledstock", pooled=True),
                    _entry(_("Arrivals"), "input", "inventory_arrival", pooled=False),
                    _entry(_("Transfers"), "move_down", "inventory_transfer", pooled=False),
                    _entry(_("Counts"), "fact_check", "inventory_stockcount", pooled=False),
                ],
            },
            {
                "title": _("Imports"),
                "collapsible": True,
                "items": [
                    _entry(_("Import a file"), "upload_file", "channels_importupload") | {"permission": _may_import},
                    _entry(_("Rejects"), "rule", "channels_importreject"),
                    _entry(_("Credit notes and write-offs"), "receipt_long", "channels_sourcedocument"),
                    _entry(_("Import runs"), "history", "channels_importrun"),
                ],
            },
            {
                "title": _("Money in detail"),
                "collapsible": True,
                "items": [
                    _entry(_("Gift cards"), "redeem", "payments_giftcard"),
                    _entry(_("Store credit"), "account_balance_wallet", "payments_storecreditaccount"),
                    _entry(_("Payment attempts"), "swap_horiz", "payments_paymentattempt"),
                    _entry(_("Told by payment providers"), "fact_check", "payments_providerevent"),
                    _entry(_("Webhooks of payment providers"), "webhook", "payments_providerwebhook"),
                ],
            },
            {
                "title": _("Stock in detail"),
                "collapsible": True,
                "items": [
                    _entry(_("Low stock"), "trending_down", "inventory_lowstockalert", pooled=False),
                    _entry(_("Shortages"), "production_quantity_limits", "inventory_stockshortage", pooled=False),
                    _entry(_("Reservations"), "bookmark", "inventory_reservation", pooled=False),
                    _entry(_("Reservations"), "bookmark", "inventory_pooledreservation", pooled=True),
                    _entry(_("Movements"), "swap_vert", "inventory_stockmovement", pooled=False),
                    _entry(_("Movements"), "swap_vert", "inventory_pooledmovement", pooled=True),
                ],
            },
            {
                "title": _("Set-up"),
                "collapsible": True,
                "items": [
                    _entry(_("Sales channels"), "storefront", "channels_saleschannel"),
                    _entry(_("Locations"), "warehouse", "inventory_stocklocation"),
                    _entry(_("Scheduled sources"), "cloud_download", "channels_ordersource"),
                    _entry(_("Users"), "person", "auth_user"),
                    _entry(_("Groups"), "groups", "auth_group"),
                    _entry(_("API keys"), "key", "web_apikey"),
                    _entry(_("Second factors"), "phonelink_lock", "web_secondfactor"),
                    _entry(_("Audit"), "policy", "web_auditentry"),
                ],
            },
            {
                "title": _("Engine room"),
                "collapsible": True,
                "items": [
                    _entry(_("Events"), "bolt", "core_outboxevent"),
                    _entry(_("Subscribers"), "hearing", "core_delivery", page="core_delivery_subscribers"),
                    _entry(_("Deliveries"), "outbox", "core_delivery", but="admin:core_delivery_subscribers"),
                    _entry(_("Schedules"), "schedule", "django_celery_beat_periodictask"),
                ],
            },
        ],
    },
}
