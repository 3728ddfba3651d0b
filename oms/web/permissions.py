"""What the caller may do: scopes for keys, Django permissions for staff."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from oms.web.api_keys import KeyHolder
from oms.web.scopes import Access


class MayUse(BasePermission):
    """The view's `access` names, by method, what is asked. A method that names nothing is open to nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access: Access | None = getattr(view, "access", {}).get("GET" if request.method == "HEAD" else request.method)
        user: Any = request.user
        if user is None:
            return False
        if access is None:
            # Nobody may; but a method that the view does not have is told as such (405), not as forbidden.
            return not hasattr(view, (request.method or "").lower())
        self.message = lacking(request, access)
        return not self.message


def lacking(request: Request, access: Access) -> str:
    """What the caller lacks, as a sentence; empty when they may."""
    user: Any = request.user
    if isinstance(user, KeyHolder):
        return "" if access.scope in user.scopes else f"This key lacks the scope {access.scope}."
    return "" if user.has_perm(access.permission) else f"You lack the permission {access.permission}."
