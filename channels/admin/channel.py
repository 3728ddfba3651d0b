"""Sales channels and the stock locations they sell from."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from channels.models import ChannelLocation, SalesChannel
from inventory import providers
from oms.core.money import UnknownCurrency, exponent
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin
from oms.web.limits import limits_of


class SalesChannelForm(forms.ModelForm[SalesChannel]):
    """The channel's own fields, and which locations it sells from, chosen from the list of them."""

    sells_from = forms.MultipleChoiceField(
        label=_("Sells from"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The channel sees the stock of these locations only."),
    )

    class Meta:
        model = SalesChannel
        fields = ("name", "code", "description", "is_active", "capture_on", "default_currency", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["sells_from"]
        field.choices = [(str(each.id), each.name) for each in providers.locations().all()]  # type: ignore[attr-defined]
        if self.instance.pk and not self.instance._state.adding:
            field.initial = [str(each.location_id) for each in self.instance.locations.all()]

    def clean_default_currency(self) -> str:
        currency = str(self.cleaned_data["default_currency"]).upper()
        if currency:
            try:
                exponent(currency)
            except UnknownCurrency as problem:
                raise ValidationError(str(problem)) from None
        return currency

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"])
        if name not in available_timezones():
            raise ValidationError(_now("%s is no time zone, such as Europe/London.") % name)
        return name


@admin.register(SalesChannel)
class SalesChannelAdmin(ConsoleAdmin):
    for_all = True
    audited = True
    form = SalesChannelForm
    list_display = ("name", "code", "is_active", "default_currency", "time_zone", "shown_locations")
    ordering = ("name", "id")
    exact_search = ("code", "name")
    fields = ("name", "code", "description", "is_active", "capture_on", "default_currency", "time_zone", "sells_from")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SalesChannel]:
        rows: QuerySet[SalesChannel] = super().get_queryset(request)
        return rows.prefetch_related("locations")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Where a channel sells from is for who sees every location."""
        everywhere = limits_of(request.user).locations is None
        return everywhere and bool(super().has_change_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm[SalesChannel], formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        wanted = {UUID(text) for text in form.cleaned_data["sells_from"]}
        linked = ChannelLocation.objects.filter(channel=form.instance)
        linked.exclude(location_id__in=wanted).delete()
        ChannelLocation.objects.bulk_create(
            [ChannelLocation(channel=form.instance, location_id=location_id) for location_id in sorted(wanted)],
            ignore_conflicts=True,
        )

    @display(description=_("Locations"))
    def shown_locations(self, channel: SalesChannel) -> int:
        return len(channel.locations.all())


@admin.register(ChannelLocation)
class ChannelLocationAdmin(ReadOnlyAdmin):
    """Which channel sells from where; chosen on the page of the channel."""

    list_display = ("channel", "location_id")
    list_select_related = ("channel",)
    list_filter = (("channel", RelatedDropdownFilter),)
    ordering = ("-id",)
