"""Store credit: what customers have to spend with us. All of it is ours, by the names that Medusa has for it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import ids
from oms.web import bodies, idempotency, schema
from oms.web.authentication import actor_of
from oms.web.views import ApiView, many, one
from payments.api import balance_examples as examples
from payments.api import balance_inputs as inputs
from payments.api import balance_shapes as shapes
from payments.api import balances
from payments.api.inputs import currency_of, exact
from payments.models import StoreCreditAccount
from payments.services import store_credit
from payments.services.attempts import require_amount

TAG: Final = "Store credit"
_ACCOUNT: Final = schema.envelope("store_credit_account", shapes.StoreCreditAccountShape)
_EXAMPLE: Final[dict[str, Any]] = {"store_credit_account": examples.ACCOUNT}


def _id(text: str) -> UUID:
    return bodies.path_id(ids.STORE_CREDIT_ACCOUNT, text, "store credit account")


def _answer(request: Request, work: Any) -> HttpResponse:
    """Do `work`, which returns the account."""
    return idempotency.answer(request, work, lambda row: one(request, "store_credit_account", shapes.account(row)))


def _move(request: Request, account_id: UUID, sign: int) -> HttpResponse:
    body = bodies.read(request, inputs.MoveStoreCredit)

    def work() -> Any:
        amount = exact(body.amount, store_credit.find_account(account_id).currency)
        require_amount(amount)
        return store_credit.adjust_store_credit(
            account_id=account_id,
            amount=amount if sign > 0 else -amount,
            reason=body.reason,
            note=body.note,
            actor=actor_of(request),
        )

    return _answer(request, work)


class AccountsView(ApiView):
    access = {"GET": balances.CREDIT_READ, "POST": balances.CREDIT_ISSUE}
    audited = {"POST": "added"}

    @schema.operation(
        id="listStoreCreditAccounts",
        summary="List accounts of store credit",
        tag=TAG,
        answer=schema.envelope("store_credit_accounts", shapes.StoreCreditAccountShape, paged=True),
        example=examples.page("store_credit_accounts", examples.ACCOUNT),
        filters=balances.AccountFilters,
        description=f"{schema.OURS} Of one customer with `customer_id`. The newest first.",
    )
    def get(self, request: Request) -> HttpResponse:
        rows = StoreCreditAccount.objects.all()
        return many(request, "store_credit_accounts", rows, shapes.account, filters=balances.AccountFilters)

    @schema.operation(
        id="issueStoreCredit",
        summary="Give a customer store credit",
        tag=TAG,
        body=inputs.IssueStoreCredit,
        body_example=examples.ISSUE,
        answer=_ACCOUNT,
        example=_EXAMPLE,
        description=f"{schema.OURS} On their account in this currency, which is opened where there is none.",
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, inputs.IssueStoreCredit)
        amount = exact(body.amount, currency_of(body.currency_code))
        customer = bodies.public_id(ids.CUSTOMER, body.customer_id, "/customer_id", "customer")

        def work() -> Any:
            with bodies.named_in_body("customer", "/customer_id"):
                account = store_credit.issue_store_credit(
                    customer_id=customer, amount=amount, reason=body.reason, note=body.note, actor=actor_of(request)
                )
            account.refresh_from_db()
            return account

        return _answer(request, work)


class AccountView(ApiView):
    access = {"GET": balances.CREDIT_READ}

    @schema.operation(
        id="getStoreCreditAccount", summary="Read an account of store credit", tag=TAG, answer=_ACCOUNT,
        example=_EXAMPLE, description=schema.OURS,
    )  # fmt: skip
    def get(self, request: Request, account_id: str) -> HttpResponse:
        return one(request, "store_credit_account", shapes.account(store_credit.find_account(_id(account_id))))


class CreditView(ApiView):
    access = {"POST": balances.CREDIT_CHANGE}
    audited = {"POST": "changed"}

    @schema.operation(
        id="creditStoreCreditAccount", summary="Put more on an account of store credit", tag=TAG,
        body=inputs.MoveStoreCredit, body_example=examples.MOVE, answer=_ACCOUNT, example=_EXAMPLE,
        description=schema.OURS,
    )  # fmt: skip
    def post(self, request: Request, account_id: str) -> HttpResponse:
        return _move(request, _id(account_id), 1)


class DebitView(ApiView):
    access = {"POST": balances.CREDIT_CHANGE}
    audited = {"POST": "changed"}

    @schema.operation(
        id="debitStoreCreditAccount", summary="Take from an account of store credit", tag=TAG,
        body=inputs.MoveStoreCredit, body_example=examples.MOVE | {"reason": "correction"}, answer=_ACCOUNT,
        example=_EXAMPLE, description=f"{schema.OURS} Never below nothing.",
    )  # fmt: skip
    def post(self, request: Request, account_id: str) -> HttpResponse:
        return _move(request, _id(account_id), -1)


class EntriesView(ApiView):
    access = {"GET": balances.CREDIT_READ}

    @schema.operation(
        id="listStoreCreditEntries",
        summary="List what moved an account of store credit",
        tag=TAG,
        answer=schema.envelope("entries", shapes.EntryShape, paged=True),
        example=examples.page("entries", examples.ENTRY),
        filters=balances.EntryFilters,
        description=f"{schema.OURS} The newest first.",
    )
    def get(self, request: Request, account_id: str) -> HttpResponse:
        return balances.list_entries(request, store_credit.find_account(_id(account_id)))
