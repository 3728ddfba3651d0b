"""What payments from our own balances have in common. They are our tables, so a call is part of its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from oms.core import actors, ids
from oms.core.errors import DomainError
from oms.core.money import Money
from oms.core.transactions import atomic
from payments.enums import BalanceKind
from payments.models import GiftCard, StoreCreditAccount
from payments.models.balances import ZERO
from payments.providers.base import (
    AuthorizeRequest,
    Call,
    Capabilities,
    CaptureRequest,
    Fact,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    PaymentProvider,
    ProviderRejected,
    ProviderResult,
    RefundRequest,
    UpdateRequest,
    VoidRequest,
)
from payments.services import ledger
from payments.services.ledger import Movement

Account = TypeVar("Account", GiftCard, StoreCreditAccount)


class BalanceProvider(PaymentProvider, Generic[Account]):
    """Authorizing takes the amount from the balance, capturing moves nothing more, and what is let go or refunded
    goes back to where it came from. A call is made once for each key: its entry bears it.

    Who captured how much is known to the payment alone, so there is nothing to look up.
    """

    local = True
    can = Capabilities(look_up=False)
    kind: ClassVar[Any]

    def find(self, request: AuthorizeRequest) -> Account:
        """The balance that the customer chose, locked. Raises DomainError where it cannot be paid with."""
        raise NotImplementedError(f"{type(self).__name__}.find")

    def take_back(self, account_id: UUID) -> Account:
        """The balance that money returns to, locked and ready to hold it."""
        raise NotImplementedError(f"{type(self).__name__}.take_back")

    def initiate(self, request: InitiateRequest) -> ProviderResult:
        reference = f"{self.code}_{ids.encode(ids.PAYMENT_SESSION, request.key)}"
        return ProviderResult(outcome=Outcome.PENDING, reference=reference)

    def update(self, request: UpdateRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.PENDING, reference=request.reference)

    def authorize(self, request: AuthorizeRequest) -> ProviderResult:
        """All of the amount or nothing: how much is to come from a balance is said by the session."""
        with atomic():
            try:
                account = self.find(request)
                account.money(ZERO) - request.amount  # another currency is refused
                if not self._is_done(request):
                    self._move(account, request.reference, -request.amount.amount, BalanceKind.REDEEMED, request)
            except DomainError as refusal:  # caught in the transaction: that a card has expired is kept
                return ProviderResult(
                    outcome=Outcome.DECLINED, reference=request.reference, code=refusal.code, message=str(refusal)
                )
        data: dict[str, str] = {"method": str(account)} if isinstance(account, GiftCard) else {}
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference, data=data)

    def capture(self, request: CaptureRequest) -> ProviderResult:
        self._require_taken(request.reference, request.amount)
        return self._done(request)

    def refund(self, request: RefundRequest) -> ProviderResult:
        self._give_back(request, BalanceKind.REFUNDED, request.reason)
        return self._done(request)

    def void(self, request: VoidRequest) -> ProviderResult:
        self._give_back(request, BalanceKind.RELEASED)
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference)

    def look_up(self, request: LookUpRequest) -> Sequence[Fact]:
        return ()

    def _done(self, request: CaptureRequest | RefundRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference, movement=str(request.key))

    @atomic(savepoint=True)  # a refusal is an answer to the caller, whose transaction goes on
    def _give_back(self, request: RefundRequest | VoidRequest, kind: BalanceKind, note: str = "") -> None:
        account_id = ledger.account_of(self.kind, request.reference)
        if account_id is None:
            raise ProviderRejected(_("Nothing was taken for %s.") % request.reference, code="unknown_reference")
        account = self.take_back(account_id)
        if not self._is_done(request):
            self._require_taken(request.reference, request.amount)
            self._move(account, request.reference, request.amount.amount, kind, request, note)

    def _move(
        self, account: Account, reference: str, amount: Decimal, kind: BalanceKind, call: Call, note: str = ""
    ) -> None:
        moved = Movement(amount=amount, kind=kind, attempt_id=call.key, reference=reference, note=note)
        ledger.post(account, moved, actor=actors.SYSTEM)

    def _is_done(self, call: Call) -> bool:
        return ledger.entry_of_attempt(self.kind, call.key) is not None

    def _require_taken(self, reference: str, amount: Money) -> None:
        """Raises ProviderRejected: no more comes out of a payment than went into it."""
        taken = Money(ledger.taken_by(self.kind, reference), amount.currency)
        if amount.amount > taken.amount:
            sentence = _("%(asked)s was asked for, and %(taken)s is there.")
            raise ProviderRejected(sentence % {"asked": amount, "taken": taken}, code="exceeds_what_was_taken")
