"""The interface to whoever moves money.

Frozen dataclasses go in and come out; an implementation knows no models. Whatever it learns, by answer, webhook or
lookup, it tells as `Fact`: one fact about one movement, under the provider's own references. The same fact told twice
is one fact, and facts may come in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError
from oms.core.money import Money
from payments.enums import MoneyAct


class Outcome(StrEnum):
    """What a provider says of a movement.

    pending: it works on it, and will tell. requires_action: the customer has to do something first (authorize only).
    Where facts differ the later in this order counts: succeeded after pending, and failed after succeeded, for what
    was done can fail later (a refund that the bank sends back).
    """

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class ProviderUnavailable(Exception):
    """The call may or may not have been carried out: a timeout, a dropped connection, a 5xx. It is asked again.

    Also credentials that are refused, or a key that is in use right now: that says nothing of an earlier try.
    """


class ProviderRejected(Exception):
    """The provider refuses the call itself and would refuse it again: an unknown reference, more than there is.

    code: the provider's word. Nothing was moved, by this call or by an earlier one with its key.
    """

    def __init__(self, message: str, *, code: str = "rejected") -> None:
        super().__init__(message)
        self.code = code


class BadWebhook(DomainError):
    """reason: in words of the adapter's own, nothing of the message: it is answered and logged.

    Not from the provider, or nothing that it would send: refused before anything is stored."""

    code = "bad_webhook"
    status = 400
    message = _("This is no webhook of %(provider)s: %(reason)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact: what became of one movement of one payment.

    reference: the provider's id of the payment. movement: its id of the capture or refund; empty for authorize and
    void, of which a payment has one. key: the key that we asked with, where the provider repeats it. occurred_at: by
    the provider's clock.

    is_dispute: what the customer's bank takes back, or wants to, against the merchant's will: a REFUND under the
    dispute's id that is pending while it is argued about, succeeded where the bank keeps the money, declined where it
    does not. It is shown to people until expires_at, by when to answer, and beyond, and changes no amount.
    """

    act: MoneyAct
    outcome: Outcome
    reference: str
    amount: Money
    movement: str = ""
    key: UUID | None = None
    code: str = ""
    message: str = ""
    occurred_at: datetime | None = None
    expires_at: datetime | None = None
    is_dispute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderResult:
    """The answer to a call.

    reference: the provider's id of the payment, movement: of the capture or refund. amount: what was moved, where it is
    not what was asked. code, message: why it was declined, in the provider's words. data: what the customer's browser
    needs next (a client secret, where to go for 3-D Secure); it is shown to whoever pays, so no secret of ours.
    expires_at: when an authorization ends. facts: whatever else the answer tells (captured at once). is_rejection: it
    was the call itself that was refused (ProviderRejected); said by us.
    """

    outcome: Outcome
    reference: str = ""
    movement: str = ""
    amount: Money | None = None
    code: str = ""
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    facts: Sequence[Fact] = ()
    is_rejection: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What every request has.

    key: the idempotency key: the same one, the same call. timeout: seconds until the answer is given up.
    """

    key: UUID
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateRequest(Call):
    """A payment is about to be made. description: for the customer's statement; context: what the shop knows of the
    purchase (no card data). capture: take the money with the authorization."""

    amount: Money
    description: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    capture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest(Call):
    """Another amount, before it is authorized."""

    reference: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeRequest(Call):
    """Hold the money. data: what the customer chose: a token of a card, the code of a gift card."""

    reference: str
    amount: Money
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRequest(Call):
    """Take this much of what is authorized. is_last: nothing more will be taken, the rest may be released."""

    reference: str
    amount: Money
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest(Call):
    """Give this much back of what was captured. captures: the movements of the captures, the oldest first."""

    reference: str
    amount: Money
    reason: str = ""
    captures: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidRequest(Call):
    """Let go of what is authorized and was not captured."""

    reference: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpRequest:
    """reference: the provider's id of the payment, empty where we never learned it; key: what it was initiated with."""

    reference: str
    key: UUID | None = None
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundWebhook:
    """A request as it came. headers: names in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedWebhook:
    """event_id: the provider's own id of the message: the same one, the same message. kind: its own word for it."""

    event_id: str
    kind: str
    facts: Sequence[Fact] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do; the services refuse the rest before they ask.

    partial_capture: less than was authorized. several_captures: again after that. partial_refund, void, webhooks,
    look_up: as they say. lists: it can name the payments that something happened to since a moment.
    key_hours: for how long a repeated key is known; later an unknown outcome is looked up. expires_days: an
    authorization is good for so many days; 0: for ever, or as each answer says. keyless: acts of which its webhooks and
    books do not repeat our key, so that a movement without one may be ours.
    """

    partial_capture: bool = True
    several_captures: bool = True
    partial_refund: bool = True
    void: bool = True
    webhooks: bool = False
    look_up: bool = True
    lists: bool = False
    key_hours: int = 24
    expires_days: int = 0
    keyless: frozenset[MoneyAct] = frozenset()


class PaymentProvider:
    """A party that moves money. Every call carries a key; repeat it and nothing happens twice.

    local: it is our own tables or people, so it is asked inside the caller's transaction and answers at once; others
    are never called while a transaction is open. Every method may raise ProviderUnavailable (ask again) and
    ProviderRejected (do not); a movement that is refused is no exception but the outcome DECLINED.
    """

    code: ClassVar[str]
    title: ClassVar[str | Promise]
    local: ClassVar[bool] = False
    can: ClassVar[Capabilities] = Capabilities()

    def initiate(self, request: InitiateRequest) -> ProviderResult:
        """Prepare a payment: PENDING, with its reference and what the browser needs."""
        raise NotImplementedError(f"{type(self).__name__}.initiate")

    def chosen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the customer chose to pay with, as it is kept with session and attempt and given to `authorize`.

        What was chosen with the session counts where nothing is chosen with the attempt.

        A provider whose choice is worth money itself keeps something else in its place.
        """
        return data

    def update(self, request: UpdateRequest) -> ProviderResult:
        """Another amount for a payment that is not authorized yet."""
        raise NotImplementedError(f"{type(self).__name__}.update")

    def authorize(self, request: AuthorizeRequest) -> ProviderResult:
        """Hold the money."""
        raise NotImplementedError(f"{type(self).__name__}.authorize")

    def capture(self, request: CaptureRequest) -> ProviderResult:
        """Take what is held, or a part of it."""
        raise NotImplementedError(f"{type(self).__name__}.capture")

    def refund(self, request: RefundRequest) -> ProviderResult:
        """Give back what was taken, or a part of it."""
        raise NotImplementedError(f"{type(self).__name__}.refund")

    def void(self, request: VoidRequest) -> ProviderResult:
        """Let go of what is held."""
        raise NotImplementedError(f"{type(self).__name__}.void")

    def look_up(self, request: LookUpRequest) -> Sequence[Fact]:
        """All that the provider knows of a payment, from its own books. Empty for a payment it never heard of."""
        raise NotImplementedError(f"{type(self).__name__}.look_up")

    def payments_since(self, since: datetime, *, timeout: float = 10.0) -> Iterable[str]:
        """References of all payments in its books that something happened to since then, page by page, in any order.

        Of providers that say so in `can.lists`; payments of other shops of the same account may be among them.
        """
        raise NotImplementedError(f"{type(self).__name__}.payments_since")

    def parse_webhook(self, webhook: InboundWebhook) -> ParsedWebhook:
        """What a webhook says, once its signature was checked. Calls nobody. Raises BadWebhook."""
        self.check_webhook(webhook)
        return self.read_webhook(webhook)

    def check_webhook(self, webhook: InboundWebhook) -> None:
        """Refuse what the provider has not signed, or not lately. Raises BadWebhook; always where it sends none."""
        raise BadWebhook(provider=self.code, reason=_("it sends none"))

    def read_webhook(self, webhook: InboundWebhook) -> ParsedWebhook:
        """What a webhook says that was checked when it came, long ago perhaps. Calls nobody. Raises BadWebhook."""
        raise NotImplementedError(f"{type(self).__name__}.read_webhook")
