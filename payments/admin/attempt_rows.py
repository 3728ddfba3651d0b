"""How an attempt and what a provider told look to a person, on a payment's page and on its order's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import gettext as _

from oms.core.money import Money
from oms.web.console import show
from payments.enums import OPEN_STATES, AttemptState, MoneyAct
from payments.models import PaymentAttempt, ProviderEvent

_ACTS: Final[dict[MoneyAct, Callable[[], str]]] = {
    MoneyAct.AUTHORIZE: lambda: _("Authorize %s"),
    MoneyAct.CAPTURE: lambda: _("Capture %s"),
    MoneyAct.REFUND: lambda: _("Refund %s"),
    MoneyAct.VOID: lambda: _("Let go of %s"),
}
_TONES: Final = {
    AttemptState.SUCCEEDED: "done",
    AttemptState.DECLINED: "failed",
    AttemptState.UNKNOWN: "failed",
    AttemptState.PENDING: "running",
    AttemptState.INTENDED: "running",
}


def attempt_row(attempt: PaymentAttempt) -> dict[str, Any]:
    return {
        "at": attempt.created_at,
        "what": _ACTS[MoneyAct(attempt.act)]() % Money(attempt.amount, attempt.currency),
        "badge": show.badge(_TONES[AttemptState(attempt.state)], attempt.get_state_display()),
        "message": attempt.message or attempt.code,
        "by": _("made at the provider") if attempt.is_foreign else show.actor(attempt.actor),
        "reason": attempt.get_reason_display() if attempt.reason else "",
        "note": attempt.note,
        "retry": attempt.next_try_at if attempt.state in OPEN_STATES and attempt.tries else None,
    }


def event_row(event: ProviderEvent) -> dict[str, Any]:
    return {
        "at": event.occurred_at or event.recorded_at,
        "what": _ACTS[MoneyAct(event.act)]() % show.money(event.amount, event.currency),
        "outcome": event.outcome,
        "how": event.get_source_display(),
        "message": event.message or event.code,
        "problem": event.get_problem_display() if event.problem else "",
    }
