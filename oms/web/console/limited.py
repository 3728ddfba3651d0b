"""Pages of a model within the limits of whoever looks at them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter

from oms.web import audit, limits
from oms.web.console import acts
from oms.web.console.filters import LimitedRelatedFilter


class WithinLimits(ModelAdmin):
    """Lists, pages, acts, forms and filters show what may be seen, and nothing else exists.

    for_all: a new row of it concerns the whole business, so who sees a part of it makes none; nor does anybody limited
    make what they could not see then.
    """

    for_all: ClassVar[bool] = False
    audited: ClassVar[bool] = False  # whoever adds, changes or deletes one is told of in the audit

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

    # --- what Django's admin logs goes to the audit as well ---

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, "added", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, "changed", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._audit(request, "deleted", obj, [])
        return super().log_deletions(request, queryset)

    def audit_details(self, obj: Any) -> dict[str, Any]:
        """What an entry says of the row as it is now, beside the fields that were changed."""
        return {}

    def _audit(self, request: HttpRequest, action: str, obj: Any, message: Any) -> None:
        if not self.audited:
            return
        fields = _fields(message)
        audit.record(
            "password.changed" if fields == ["password"] else action,
            actor=acts.actor_of(request),
            request=request,
            subject=f"{obj._meta.model_name}:{obj.pk}",
            label=str(obj),
            details={"fields": fields, **self.audit_details(obj)},
        )


def _fields(message: Any) -> list[str]:
    """The names of the fields in a message of Django's log."""
    parts = message if isinstance(message, list) else []
    told = [part.get(kind, {}) for part in parts if isinstance(part, dict) for kind in ("added", "changed")]
    return sorted({str(name) for part in told for name in part.get("fields", ())})
