"""Pages of a model within the limits of whoever looks at them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter

from oms.web import limits
from oms.web.console.filters import LimitedRelatedFilter


class WithinLimits(ModelAdmin):
    """Lists, pages, acts, forms and filters show what may be seen, and nothing else exists.

    for_all: a new row of it concerns the whole business, so who sees a part of it makes none; nor does anybody limited
    make what they could not see then.
    """

    for_all: ClassVar[bool] = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return limits.narrow(super().get_queryset(request), limits.limits_of(request.user))

    def require(self, request: HttpRequest, pk: Any) -> Any:
        """The row that an act is about. Raises Http404."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    def has_add_permission(self, request: HttpRequest) -> bool:
        alone = self.for_all or not limits.is_limited(self.model)
        return bool(super().has_add_permission(request)) and not (alone and limits.limits_of(request.user))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.queryset = limits.narrow(field.queryset, limits.limits_of(request.user))
        return field

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [
            (each[0], LimitedRelatedFilter)
            if isinstance(each, (list, tuple)) and each[1] is RelatedDropdownFilter
            else each
            for each in super().get_list_filter(request)
        ]
