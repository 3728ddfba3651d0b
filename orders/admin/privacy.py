"""Buttons of a customer's page: hand out what is kept about them, and forget who they were."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from oms.core import ids
from oms.web import audit
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin
from oms.web.limits import limits_of
from oms.web.rendering import JSON, encode
from orders.services.erasure import erase_customer
from orders.services.personal_data import export_customer

_PERMISSION: Final = "orders.delete_customer"


class PrivacyActs(ConsoleAdmin):
    change_form_outer_before_template = "admin/orders/customer/personal_data.html"

    def get_urls(self) -> list[Any]:
        acts_of_one = {"personal-data": self.export_view, "erase": self.erase_view}
        return [
            *(
                path(
                    f"<uuid:customer_id>/{name}/",
                    self.admin_site.admin_view(require_POST(view)),
                    name=f"orders_customer_{name}",
                )
                for name, view in acts_of_one.items()
            ),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        """A download of everything; who took it stands in the events."""
        _require_permission(request)
        found = export_customer(customer_id=customer_id, actor=acts.actor_of(request))
        _audit(request, "exported", customer_id)
        name = ids.encode(ids.CUSTOMER, customer_id)
        return HttpResponse(
            encode(found),
            content_type=JSON,
            headers={"Content-Disposition": f'attachment; filename="{name}.json"', "Cache-Control": "no-store"},
        )

    def erase_view(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        _require_permission(request)
        erase = partial(erase_customer, customer_id=customer_id, actor=acts.actor_of(request))
        if acts.perform(request, erase, done=_("Who this customer was is erased. Their orders are kept without them.")):
            _audit(request, "erased", customer_id)
        return HttpResponseRedirect(show.change_url("orders_customer", customer_id))


def _require_permission(request: HttpRequest) -> None:
    """Also that they see the whole business: it tells of every channel and location where the customer ordered."""
    if limits_of(request.user) or not request.user.has_perm(_PERMISSION):
        raise PermissionDenied


def _audit(request: HttpRequest, action: str, customer_id: UUID) -> None:
    subject = f"customer:{ids.encode(ids.CUSTOMER, customer_id)}"
    audit.record(action, actor=acts.actor_of(request), request=request, subject=subject)
