"""The ledger of an item, or of one of its levels: narrowed by location, kind and days, a page at a time."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from inventory.admin.item_stock import levels_seen
from inventory.admin.movement_rows import shown
from inventory.enums import MovementKind
from inventory.models import InventoryItem
from inventory.stock_history import Place, Wanted, ledger

ROWS: Final = 50


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=UnfoldAdminTextInputWidget({"type": "date"}))


class LedgerForm(forms.Form):
    """How the ledger is narrowed. Days are those of whoever looks; the last one counts whole."""

    location = forms.ChoiceField(label=_("Location"), required=False, widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("everything")), *MovementKind.choices],
        widget=UnfoldAdminSelectWidget,
    )
    since = _day(_("From"))
    until = _day(_("To"))

    def __init__(self, data: Any, locations: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["location"].choices = [("", _("everywhere")), *locations]  # type: ignore[attr-defined]

    def wanted(self, before: Place | None) -> Wanted:
        given = self.cleaned_data if self.is_valid() else {}
        kind, since, until = given.get("kind"), given.get("since"), given.get("until")
        return Wanted(
            kinds=[kind] if kind else [],
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until and until.year < 9999 else None,
            before=before,
        )


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def ledger_page(request: HttpRequest, site: AdminSite, item: InventoryItem) -> HttpResponse:
    """ROWS rows, the newest first, and where the next ones begin. The same few queries on every page."""
    levels = levels_seen(site, request, item.pk)
    places = {str(level.location_id): level.location.name for level in levels}
    form = LedgerForm(request.GET, list(places.items()))
    where = form.cleaned_data.get("location") if form.is_valid() else ""
    chosen = [level.pk for level in levels if not where or str(level.location_id) == where]
    rows = ledger(chosen, form.wanted(Place.read(request.GET.get("before", ""))), limit=ROWS + 1)
    narrowed = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    older = urlencode(narrowed | {"before": str(Place.of(rows[ROWS - 1]))}) if len(rows) > ROWS else ""
    context = {
        **site.each_context(request),
        "title": _("Ledger of %s") % item.sku,
        "item": item,
        "form": form,
        "movements": shown(rows[:ROWS]),
        "older": older,
        "newest": urlencode(narrowed),
        "is_older": bool(request.GET.get("before")),
        "is_narrowed": bool(narrowed),
    }
    return TemplateResponse(request, "admin/inventory/ledger.html", context)
