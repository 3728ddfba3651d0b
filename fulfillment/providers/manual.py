"""The merchant's own people pack and ship; they say in the console or by API what they did."""

from __future__ import annotations

from uuid import UUID

from fulfillment.providers.base import FulfillmentProvider, Outcome, ProviderResult, SubmitRequest


class ManualProvider(FulfillmentProvider):
    """Says yes to everything: whoever stands at the shelf decides."""

    code = "manual"
    local = True

    def submit(self, request: SubmitRequest) -> ProviderResult:
        return ProviderResult(Outcome.SUCCEEDED)

    def cancel(self, key: UUID) -> ProviderResult:
        return ProviderResult(Outcome.SUCCEEDED)
