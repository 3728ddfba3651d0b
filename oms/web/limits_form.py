"""Choosing limits in a form, by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm

from oms.web import limits
from oms.web.models import StaffLimits


class LimitField(forms.MultipleChoiceField):
    """Channels or locations. Nothing chosen is None: no limit."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(
            required=False, choices=lambda: limits.choices(kind), widget=forms.CheckboxSelectMultiple, **kwargs
        )

    def clean(self, value: Any) -> list[UUID] | None:
        return [UUID(text) for text in super().clean(value)] or None


def channels_field() -> LimitField:
    return LimitField("channels", label=_("Sales channels"), help_text=_("None: all of them."))


def locations_field() -> LimitField:
    help_text = _("None: all of them; for who sees their own locations only, none of them.")
    return LimitField("locations", label=_("Stock locations"), help_text=help_text)


def names(kind: str, chosen: Collection[UUID] | None, everything: Any) -> str:
    """The names of what was chosen, for a page; `everything` where there is no limit."""
    if chosen is None:
        return str(everything)
    known = dict(limits.choices(kind))
    return ", ".join(known.get(str(each), str(each)) for each in chosen) or "–"


class StaffForm(UserChangeForm):
    """A member of staff with their limits."""

    limit_channels = channels_field()
    limit_locations = locations_field()

    class Meta(UserChangeForm.Meta):
        model = User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = StaffLimits.objects.filter(user_id=self.instance.pk).first()
        if row is not None:
            self.initial["limit_channels"] = [str(each) for each in row.channel_ids or ()]
            self.initial["limit_locations"] = [str(each) for each in row.location_ids or ()]

    def keep_limits(self) -> None:
        """Once the user is saved. What the form could not offer stays: a limit that is not shown is not lifted."""
        row = StaffLimits.objects.filter(user=self.instance).first() or StaffLimits(user=self.instance)
        row.channel_ids = self._chosen("channels", row.channel_ids)
        row.location_ids = self._chosen("locations", row.location_ids)
        row.save()

    def _chosen(self, kind: str, before: Collection[UUID] | None) -> list[UUID] | None:
        offered = {key for key, _name in limits.choices(kind)}
        unseen = [each for each in before or () if str(each) not in offered]
        return [*(self.cleaned_data.get(f"limit_{kind}") or ()), *unseen] or None
