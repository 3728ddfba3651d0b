"""The interface to whoever packs and ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    PENDING = "pending"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class SubmitLine:
    order_line_id: UUID
    sku: str
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """A fulfillment as its provider is told of it. `key` is the idempotency key: the same one, the same fulfillment."""

    key: UUID
    order_number: int
    location_id: UUID | None
    lines: Sequence[SubmitLine]


@dataclass(frozen=True, slots=True)
class ProviderResult:
    outcome: Outcome
    message: str = ""


class FulfillmentProvider:
    """A party that packs and ships. Every call carries a key; repeat it and nothing happens twice.

    `local`: it is our own people and tables, so it is asked inside the transaction and answers at once.
    """

    code: ClassVar[str]
    local: ClassVar[bool] = False

    def submit(self, request: SubmitRequest) -> ProviderResult:
        """Have goods packed and sent."""
        raise NotImplementedError(f"{type(self).__name__}.submit")

    def cancel(self, key: UUID) -> ProviderResult:
        """Call a submitted fulfillment off."""
        raise NotImplementedError(f"{type(self).__name__}.cancel")
