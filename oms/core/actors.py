"""Who did it. Every service takes an actor; the timeline and the ledger keep it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop


class ActorKind(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"
    API_KEY = "api_key"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """kind: what sort of party; id: its own id as text; label: what a person reads in the timeline."""

    kind: ActorKind
    id: str
    label: str

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind.value, "id": self.id, "label": self.label}


SYSTEM = Actor(ActorKind.SYSTEM, "system", gettext_noop("System"))


def staff(user: Any) -> Actor:
    """The actor behind a logged-in member of staff. The label is the user name, which is no secret in the console."""
    return Actor(ActorKind.STAFF, str(user.pk), user.get_username())
