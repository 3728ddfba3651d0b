"""What has become of money that providers were asked to move, in the words of a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oms.core.money import Money
from orders.enums import OrderStatus
from orders.models import Order
from payments.admin.provider_words import provider_title
from payments.enums import AttemptState, MoneyAct
from payments.models import PaymentAttempt

Told = tuple[int, str]  # level of django.contrib.messages, sentence

_DONE: Final[Mapping[str, Promise]] = {
    MoneyAct.CAPTURE: gettext_lazy("%(amount)s captured (%(provider)s)."),
    MoneyAct.REFUND: gettext_lazy("%(amount)s refunded (%(provider)s)."),
    MoneyAct.VOID: gettext_lazy("%(amount)s let go (%(provider)s)."),
}
_PENDING: Final[Mapping[str, Promise]] = {
    MoneyAct.CAPTURE: gettext_lazy("The capture of %(amount)s is on its way: %(provider)s works on it."),
    MoneyAct.REFUND: gettext_lazy("The refund of %(amount)s is on its way: %(provider)s works on it."),
    MoneyAct.VOID: gettext_lazy("%(amount)s is about to be let go: %(provider)s works on it."),
}
_DECLINED: Final[Mapping[str, Promise]] = {
    MoneyAct.CAPTURE: gettext_lazy("Nothing was captured. %(provider)s declined %(amount)s: %(why)s"),
    MoneyAct.REFUND: gettext_lazy("Nothing was refunded. %(provider)s declined %(amount)s: %(why)s"),
    MoneyAct.VOID: gettext_lazy("Nothing was let go. %(provider)s declined %(amount)s: %(why)s"),
}
_UNKNOWN: Final[Mapping[str, Promise]] = {
    MoneyAct.CAPTURE: gettext_lazy(
        "%(provider)s has not answered, so nobody knows yet whether %(amount)s was captured. It is asked again, and "
        "captures nothing twice."
    ),
    MoneyAct.REFUND: gettext_lazy(
        "%(provider)s has not answered, so nobody knows yet whether %(amount)s was refunded. It is asked again, and "
        "refunds nothing twice."
    ),
    MoneyAct.VOID: gettext_lazy(
        "%(provider)s has not answered, so nobody knows yet whether %(amount)s was let go. It is asked again."
    ),
}
_WORDS: Final = {
    AttemptState.SUCCEEDED: (messages.SUCCESS, _DONE),
    AttemptState.PENDING: (messages.WARNING, _PENDING),
    AttemptState.DECLINED: (messages.ERROR, _DECLINED),
    AttemptState.UNKNOWN: (messages.WARNING, _UNKNOWN),
    AttemptState.INTENDED: (messages.WARNING, _UNKNOWN),
}


def outcomes(attempt_ids: Sequence[UUID]) -> Iterator[Told]:
    """What has become of attempts by now, a sentence each."""
    rows = PaymentAttempt.objects.select_related("payment").filter(pk__in=attempt_ids).order_by("pk")
    for attempt in rows:
        level, words = _WORDS[AttemptState(attempt.state)]
        facts = {
            "amount": Money(attempt.amount, attempt.currency),
            "provider": provider_title(attempt.payment.provider if attempt.payment else ""),
            "why": attempt.message or attempt.code,
        }
        yield level, str(words[attempt.act]) % facts


def of_cancellation(order: Order) -> Told:
    """What has become of an order that was to be canceled."""
    if order.status == OrderStatus.CANCELED:
        return messages.SUCCESS, _("Order %s is canceled.") % order
    if order.canceling_at is not None:
        return messages.WARNING, _("Order %s is canceled as soon as its money has gone back.") % order
    return messages.ERROR, _("Order %s is not canceled, because its money could not be given back.") % order
