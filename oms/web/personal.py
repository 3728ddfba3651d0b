"""What the console keeps about a person: views of lists that were searched for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from django.db.models import Q, QuerySet

from oms.core.personal import Person, mentions
from oms.web.models import SavedView


class ViewKeeper:
    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {"saved_views": list(_theirs(person).order_by("pk").values("name", "query", "created_at"))}

    def erase(self, person: Person) -> Mapping[str, int]:
        """Such a view would show nothing any more, so it goes."""
        return {"saved_views": _theirs(person).delete()[0]}


def _theirs(person: Person) -> QuerySet[SavedView]:
    searched = [quote_plus(word).lower() for word in person.words]  # as an address writes them
    return SavedView.objects.filter(Q(mentions("name", person.words)) | Q(mentions("query", searched)))
