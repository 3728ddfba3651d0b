"""Access and the engine room: API keys, users, kept answers, schedules."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_celery_beat import admin as beat
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from oms.core.models import IdempotencyKey
from oms.web import (  # noqa: F401  (each registers what it shows)
    audit,
    audit_admin,
    outbox_admin,
    outbox_exceptions,
    saved_view_admin,
)
from oms.web.api_keys import create_api_key, revoke_api_key
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin
from oms.web.console.limited import WithinLimits
from oms.web.limits_form import StaffForm, channels_field, locations_field, names
from oms.web.models import ApiKey, StaffLimits
from oms.web.scopes import Scope, scopes_of


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "scope", "status", "created_at")
    ordering = ("-id",)
    exact_search = ("key",)


class ApiKeyForm(forms.ModelForm[ApiKey]):
    title = forms.CharField(label=_("Title"), max_length=120, widget=UnfoldAdminTextInputWidget)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        required=False,
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What it may do. None: nothing."),
    )

    limit_channels = channels_field()
    limit_locations = locations_field()

    class Meta:
        model = ApiKey
        fields = ("title", "scopes")


@admin.register(ApiKey)
class ApiKeyAdmin(ConsoleAdmin):
    """A key is shown once, when it is made; afterwards it can only be revoked."""

    form = ApiKeyForm
    list_display = ("title", "redacted", "shown_scopes", "created_by", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("created_by",)
    ordering = ("-id",)
    change_form_outer_before_template = "admin/web/apikey/revoke.html"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Nobody lets a key do more than they may themselves."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        if "scopes" in form.base_fields:
            mine, field = scopes_of(request.user), deepcopy(form.base_fields["scopes"])
            field.choices = [(scope, label) for scope, label in field.choices if scope in mine]
            form.base_fields["scopes"] = field
        return form

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("title", "scopes", "limit_channels", "limit_locations")
        return (
            "public_id",
            "title",
            "redacted",
            "shown_scopes",
            "shown_channels",
            "shown_locations",
            "created_by",
            "created_at",
            "last_used_at",
            "revoked_at",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: forms.ModelForm[ApiKey], change: bool) -> None:
        given = form.cleaned_data
        made = create_api_key(
            title=given["title"],
            scopes=given["scopes"],
            channel_ids=given["limit_channels"],
            location_ids=given["limit_locations"],
            created_by=request.user,
        )
        obj.pk = made.key.pk
        obj.refresh_from_db()
        _audit_key(request, "key.created", obj)
        secret = format_html('{} <code class="c-mono">{}</code>', _now("This is the key, shown only now:"), made.secret)
        messages.warning(request, secret)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.revoke_view))
        return [path("<uuid:key_id>/revoke/", view, name="web_apikey_revoke"), *super().get_urls()]

    def revoke_view(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        if not _has(request, "web.change_apikey"):
            raise PermissionDenied
        key = self.require(request, key_id)
        if acts.perform(request, partial(revoke_api_key, key_id=key_id), done=_now("The key is revoked.")):
            _audit_key(request, "key.revoked", key)
        return HttpResponseRedirect(show.change_url("web_apikey", key_id))

    @display(description=_("Scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or _now("none")

    @display(description=_("Sales channels"))
    def shown_channels(self, key: ApiKey) -> str:
        return names("channels", key.channel_ids, _now("all"))

    @display(description=_("Stock locations"))
    def shown_locations(self, key: ApiKey) -> str:
        return names("locations", key.location_ids, _now("all"))


@admin.register(StaffLimits)
class StaffLimitsAdmin(ReadOnlyAdmin):
    """Who is limited to what; set on the page of the user."""

    list_display = ("user", "channel_count", "location_count")
    list_select_related = ("user",)
    ordering = ("user__username", "pk")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["user", "shown_channels", "shown_locations"]

    @display(description=_("Sales channels"))
    def channel_count(self, row: StaffLimits) -> str:
        return _now("all") if row.channel_ids is None else str(len(row.channel_ids))

    @display(description=_("Stock locations"))
    def location_count(self, row: StaffLimits) -> str:
        return _now("all") if row.location_ids is None else str(len(row.location_ids))

    @display(description=_("Sales channels"))
    def shown_channels(self, row: StaffLimits) -> str:
        return names("channels", row.channel_ids, _now("all"))

    @display(description=_("Stock locations"))
    def shown_locations(self, row: StaffLimits) -> str:
        return names("locations", row.location_ids, _now("all"))


def _audit_key(request: HttpRequest, action: str, key: ApiKey) -> None:
    details = {"scopes": key.scopes, "channels": _words(key.channel_ids), "locations": _words(key.location_ids)}
    subject = f"apikey:{key.public_id}"
    audit.record(
        action, actor=acts.actor_of(request), request=request, subject=subject, label=key.title, details=details
    )


def _words(ids: list[UUID] | None) -> list[str] | None:
    return None if ids is None else [str(each) for each in ids]


def _has(request: HttpRequest, permission: str) -> bool:
    return bool(request.user.has_perm(permission))


admin.site.index_title = _("What waits")

# --- Django's and Celery beat's own models, in the console's dress ---

for model in (User, Group, PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(WithinLimits, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Nobody makes somebody more than they are themselves: superusers, permissions of single users and groups are for
    superusers, and so are one's own account and those of people who may do more: their password would be a way in."""

    audited = True
    form = StaffForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    fieldsets = (
        *(DjangoUserAdmin.fieldsets or ()),
        (
            _("Limits"),
            {
                "fields": ("limit_channels", "limit_locations"),
                "description": _("What of the business they see. Superusers see everything."),
            },
        ),
    )

    def audit_details(self, obj: Any) -> dict[str, Any]:
        limited = StaffLimits.objects.filter(user=obj).first()
        return {
            "groups": sorted(obj.groups.values_list("name", flat=True)),
            "superuser": obj.is_superuser,
            "staff": obj.is_staff,
            "active": obj.is_active,
            "channels": _words(limited.channel_ids) if limited else None,
            "locations": _words(limited.location_ids) if limited else None,
        }

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        if not super().has_change_permission(request, obj):
            return False
        if user.is_superuser or not isinstance(obj, User):
            return True
        return not (obj.is_superuser or obj.pk == user.pk) and _may_all_that(user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else (*own, "is_superuser", "user_permissions")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups" and not request.user.is_superuser:
            more = Permission.objects.exclude(pk__in=_permissions_of(request.user))
            field.queryset = field.queryset.exclude(permissions__in=more)
        return field

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if isinstance(form, StaffForm):
            form.keep_limits()


@admin.register(Group)
class GroupAdmin(WithinLimits, DjangoGroupAdmin, ModelAdmin):
    """What groups may do is for superusers to say."""

    audited = True

    def audit_details(self, obj: Any) -> dict[str, Any]:
        return {"permissions": sorted(obj.permissions.values_list("codename", flat=True))}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


def _may_all_that(user: Any, other: User) -> bool:
    """Also what the other may once the account is switched on."""
    theirs = Permission.objects.filter(Q(user=other) | Q(group__user=other))
    return not theirs.exclude(pk__in=_permissions_of(user)).exists()


def _permissions_of(user: Any) -> list[int]:
    names = user.get_all_permissions()
    rows = Permission.objects.values_list("pk", "content_type__app_label", "codename")
    return [pk for pk, app, codename in rows if f"{app}.{codename}" in names]


class _TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    pass


class PeriodicTaskForm(beat.PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(WithinLimits, beat.PeriodicTaskAdmin, ModelAdmin):
    audited = True
    form = PeriodicTaskForm
    change_form_template = "admin/django_celery_beat/periodictask/form.html"


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(WithinLimits):
    pass


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(WithinLimits, beat.CrontabScheduleAdmin, ModelAdmin):
    pass


@admin.register(SolarSchedule)
class SolarScheduleAdmin(WithinLimits):
    pass


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(WithinLimits, beat.ClockedScheduleAdmin, ModelAdmin):
    pass
