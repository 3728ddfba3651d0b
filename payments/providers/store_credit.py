"""Paying with store credit."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.errors import NotFound
from oms.core.money import Money
from payments import errors
from payments.models import StoreCreditAccount
from payments.models.balances import ZERO
from payments.providers.balances import BalanceProvider
from payments.providers.base import AuthorizeRequest
from payments.services import store_credit


class StoreCreditProvider(BalanceProvider[StoreCreditAccount]):
    """data: `account_id`, or `customer_id`, whose account in the currency of the payment is meant. Whether that is the
    customer who pays is for the caller to know."""

    code = "store_credit"
    title = _("Store credit")
    kind = StoreCreditAccount

    def find(self, request: AuthorizeRequest) -> StoreCreditAccount:
        try:
            return store_credit.lock_account(_account_id(request))
        except NotFound:
            raise errors.InsufficientBalance(
                requested=request.amount, available=Money(ZERO, request.amount.currency)
            ) from None

    def take_back(self, account_id: UUID) -> StoreCreditAccount:
        return store_credit.lock_account(account_id)


def _account_id(request: AuthorizeRequest) -> UUID:
    """Raises NotFound."""
    if "customer_id" not in request.data:
        return ids.decode(ids.STORE_CREDIT_ACCOUNT, str(request.data.get("account_id", "")))
    customer = ids.decode(ids.CUSTOMER, str(request.data["customer_id"]))
    found = StoreCreditAccount.objects.filter(customer_id=customer, currency=request.amount.currency)
    account_id = found.values_list("pk", flat=True).first()
    if account_id is None:
        raise NotFound(kind="store credit account", id=str(request.data["customer_id"])[:80])
    return account_id
