"""Who did what that concerns access, settings or personal data. What happens to orders stands in their timelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from oms.core import actors
from oms.core.actors import Actor, ActorKind
from oms.web import addresses
from oms.web.models import AuditEntry

ACTIONS: Final[Mapping[str, Any]] = {
    "login": _("signed in"),
    "login.failed": _("failed to sign in"),
    "login.locked": _("was locked out"),
    "logout": _("signed out"),
    "second_factor.set_up": _("set up a second factor"),
    "second_factor.removed": _("removed a second factor"),
    "second_factor.failed": _("gave a wrong code"),
    "added": _("added"),
    "changed": _("changed"),
    "deleted": _("deleted"),
    "password.changed": _("set a password"),
    "key.created": _("made an API key"),
    "key.changed": _("changed an API key"),
    "key.revoked": _("revoked an API key"),
    "exported": _("exported"),
    "erased": _("erased a person"),
}
_NOBODY: Final = Actor(ActorKind.SYSTEM, "", "")


def record(
    action: str,
    *,
    actor: Actor,
    request: HttpRequest | None = None,
    subject: str = "",
    label: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry, in the caller's transaction if there is one. Each call writes another one.

    details: names of fields, roles, scopes; no names of customers, no secrets.
    """
    AuditEntry.objects.create(
        action=action,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label[:160],
        subject=subject[:120],
        subject_label=label[:160],
        details=dict(details or {}),
        address=addresses.kept(request) if request is not None else "",
    )


def record_failed(action: str, account: str, request: HttpRequest | None) -> None:
    """An attempt on an account. Its name is kept only where somebody has it: people type passwords there."""
    user = get_user_model()._default_manager.filter(username=account).only("pk", "username").first()
    actor = actors.staff(user) if user is not None else _NOBODY
    record(action, actor=actor, request=request)


def connect() -> None:
    """Listen to who signs in and out."""
    user_logged_in.connect(_logged_in, dispatch_uid="oms.web.audit.in")
    user_logged_out.connect(_logged_out, dispatch_uid="oms.web.audit.out")
    user_login_failed.connect(_login_failed, dispatch_uid="oms.web.audit.failed")


def _logged_in(sender: Any, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    if user.is_staff:
        record("login", actor=actors.staff(user), request=request)


def _logged_out(sender: Any, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    if user is not None and user.is_staff:
        record("logout", actor=actors.staff(user), request=request)


def _login_failed(sender: Any, credentials: Mapping[str, Any], request: HttpRequest | None = None, **kw: Any) -> None:
    record_failed("login.failed", str(credentials.get("username", "")), request)
