"""Money that people take themselves: cash, a bank transfer, cash on delivery. What staff say is what happened."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from oms.core import ids
from payments.providers.base import (
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Fact,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    PaymentProvider,
    ProviderResult,
    RefundRequest,
    UpdateRequest,
    VoidRequest,
)


class ManualProvider(PaymentProvider):
    """Says yes to everything: whoever holds the money decides. It has no books but ours."""

    code = "manual"
    title = _("Cash, bank transfer, cash on delivery")
    local = True
    can = Capabilities(look_up=False)

    def initiate(self, request: InitiateRequest) -> ProviderResult:
        return ProviderResult(
            outcome=Outcome.PENDING, reference=f"manual_{ids.encode(ids.PAYMENT_SESSION, request.key)}"
        )

    def update(self, request: UpdateRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.PENDING, reference=request.reference)

    def authorize(self, request: AuthorizeRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference)

    def capture(self, request: CaptureRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference, movement=str(request.key))

    def refund(self, request: RefundRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference, movement=str(request.key))

    def void(self, request: VoidRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference)

    def look_up(self, request: LookUpRequest) -> Sequence[Fact]:
        return ()
