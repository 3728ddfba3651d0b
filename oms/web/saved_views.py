"""Keeping views of lists: whoever makes one owns it; a shared one is everybody's to see."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.errors import DomainError, NotFound
from oms.core.transactions import atomic
from oms.web.models import SavedView

MOST_VIEWS: Final = 30  # of one person, for one list


class UnnamedView(DomainError):
    code = "unnamed_view"
    message = _("A view needs a name of at most 60 characters.")


class ViewNameTaken(DomainError):
    code = "view_name_taken"
    message = _("You have a view of that name already: %(name)s.")


class TooManyViews(DomainError):
    code = "too_many_views"
    message = _("You have %(most)s views of this list. Delete one that you do not need.")


class ViewTooLong(DomainError):
    code = "view_too_long"
    message = _("These are more filters than a view can keep.")


def views_of(page: str, user: Any) -> QuerySet[SavedView]:
    """What somebody sees above a list: their own views, then those that others share."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), page=page)


def save_view(*, page: str, name: str, query: str, is_shared: bool, owner: Any) -> SavedView:
    """Keep a search and filters under a name. Saving under a name that one has replaces what it stood for.

    Raises UnnamedView, ViewTooLong, TooManyViews.
    """
    name = _checked(name)
    if len(query) > 2000:
        raise ViewTooLong()
    with atomic():
        own = SavedView.objects.filter(page=page, owner=owner)
        if own.exclude(name=name).count() >= MOST_VIEWS:
            raise TooManyViews(most=MOST_VIEWS)
        view, _made = own.update_or_create(
            name=name,
            defaults={"query": query, "is_shared": is_shared},
            create_defaults={"page": page, "owner": owner, "name": name, "query": query, "is_shared": is_shared},
        )
    return view


def change_view(*, view_id: UUID, name: str, is_shared: bool, user: Any, may_share: bool) -> SavedView:
    """Rename a view, share it or keep it to oneself. Shared ones are also changed by whoever may share.

    Raises NotFound, UnnamedView, ViewNameTaken. A repeat changes nothing.
    """
    name = _checked(name)
    with atomic():
        view = _changeable(view_id, user, may_share)
        others = SavedView.objects.filter(page=view.page, owner=view.owner_id, name=name).exclude(pk=view.pk)
        if others.exists():
            raise ViewNameTaken(name=name)
        view.name, view.is_shared = name, is_shared
        view.save(update_fields=["name", "is_shared", "updated_at"])
    return view


def delete_view(*, view_id: UUID, user: Any, may_share: bool) -> None:
    """Forget a view; the rows of the list are not touched. Raises NotFound, also the second time."""
    with atomic():
        _changeable(view_id, user, may_share).delete()


def may_change(view: SavedView, user: Any, may_share: bool) -> bool:
    return bool(view.owner_id == user.pk or (view.is_shared and may_share))


def _changeable(view_id: UUID, user: Any, may_share: bool) -> SavedView:
    view = SavedView.objects.select_for_update().filter(pk=view_id).first()
    if view is None or not may_change(view, user, may_share):
        raise NotFound(kind="view", id=ids.encode(ids.SAVED_VIEW, view_id))
    return view


def _checked(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not 0 < len(name) <= 60:
        raise UnnamedView()
    return name
