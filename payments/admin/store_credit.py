"""Store credit in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from oms.core.money import Money
from oms.web.console import acts, show
from payments.admin.balance_forms import StoreCreditForm
from payments.admin.balances import BalanceAdmin
from payments.models import StoreCreditAccount
from payments.services import store_credit


@admin.register(StoreCreditAccount)
class StoreCreditAccountAdmin(BalanceAdmin):
    form = StoreCreditForm
    list_display = ("shown_customer", "currency", "shown_balance", "updated_at")
    list_display_links = ("shown_customer",)
    list_select_related = ("customer",)
    search_help_text = _("E-mail of the customer")
    asked = ("customer", "amount", "currency", "reason", "note")
    shown = ("public_id", "linked_customer", "currency", "shown_balance", "created_at", "updated_at")
    when_empty = _("Give a customer something to spend, instead of money back or beside it.")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("customer__email",)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        by_email = store_credit.customers().alias(lower=Lower("email")).filter(lower=Lower(Value(term)))
        return rows.filter(customer__in=by_email)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.request = request
        return form

    def save_model(self, request: HttpRequest, obj: StoreCreditAccount, form: Any, change: bool) -> None:
        given = form.cleaned_data
        account = store_credit.issue_store_credit(
            customer_id=given["customer"].pk,
            amount=form.money(),
            reason=given["reason"],
            note=given["note"],
            actor=acts.actor_of(request),
        )
        obj.pk = account.pk
        obj.refresh_from_db()
        self.note(request, "added", obj, {})

    def adjusted(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> str:
        amount, words = Money(given["amount"], row.currency), {"reason": given["reason"], "note": given["note"]}
        done = store_credit.adjust_store_credit(account_id=row.pk, amount=amount, **words, actor=acts.actor_of(request))
        return _now("The account holds %s now.") % done.money(done.balance)

    @display(description=_("Customer"))
    def shown_customer(self, row: StoreCreditAccount) -> str:
        return str(row.customer)

    @display(description=_("Customer"))
    def linked_customer(self, row: StoreCreditAccount) -> SafeString:
        return show.link("orders_customer", row.customer_id, row.customer)
