"""Money that needs a person: what nobody knows the outcome of, what providers contradict, what ends soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.web.console import acts, attention, names, show
from oms.web.console.attention import Act, Kind, Matter
from payments import tasks
from payments.enums import DISPUTES, HANGING_STATES, EventProblem, WebhookProblem
from payments.models import Payment, PaymentAttempt, ProviderEvent, ProviderWebhook
from payments.providers.base import Outcome
from payments.services import capturing, expiring, reviewing, voiding, webhooks

MAY_COLLECT: Final = "payments.capture_payment"
_PATIENCE: Final = timedelta(minutes=15)  # for news that come by themselves
_ORDER_TAKES: Final = timedelta(hours=1)  # to be placed once it is paid


def dealt_with(kind: reviewing.Matter) -> Callable[[HttpRequest, UUID], str]:
    """A button that takes it off the page."""

    def run(request: HttpRequest, pk: UUID) -> str:
        reviewing.deal_with(kind=kind, pk=pk, actor=acts.actor_of(request))
        return _now("It is dealt with.")

    return run


def of_order(rows: Sequence[Any]) -> dict[UUID, str]:
    """What the orders of payments are called, by id; one query."""
    return dict(names.of("orders_order", [row.order_id for row in rows if row.order_id]))


# --- nobody knows whether it was done ---


def _hanging(rows: QuerySet[Any]) -> QuerySet[Any]:
    long_ago = ids.first_id(timezone.now() - _PATIENCE)
    return rows.filter(state__in=HANGING_STATES, pk__lt=long_ago).select_related("payment", "session")


def _tell_hanging(rows: Sequence[PaymentAttempt]) -> Iterator[Matter]:
    for row in rows:
        what = {"act": row.get_act_display(), "amount": show.money(row.amount, row.currency)}
        yield Matter(
            pk=row.pk,
            title=_now("Nobody knows the outcome: %(act)s %(amount)s") % what,
            since=row.created_at,
            url=show.change_url("payments_paymentattempt", row.pk),
            detail=row.message,
        )


def _ask_again(request: HttpRequest, pk: UUID) -> str:
    tasks.resume_soon(str(pk))
    return _now("A worker asks the provider now.")


# --- providers contradict themselves ---


def _contradictions(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.exclude(problem="").exclude(problem=EventProblem.DISPUTED).filter(dealt_with_at=None)


def _tell_contradictions(rows: Sequence[ProviderEvent]) -> Iterator[Matter]:
    for row in rows:
        what = {"provider": row.provider, "act": row.get_act_display(), "reference": row.reference}
        yield Matter(
            pk=row.pk,
            title=_now("%(provider)s told of %(reference)s what was not applied: %(act)s") % what,
            since=row.recorded_at,
            url=show.change_url("payments_providerevent", row.pk),
            detail=f"{row.get_problem_display()}: {show.money(row.amount, row.currency)}",
        )


# --- banks take back, or want to, what was paid ---


def _disputes(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of payments that are known here: an account may have other users."""
    ours = Payment.objects.filter(provider=OuterRef("provider"), reference=OuterRef("reference"))
    return rows.exclude(problem="").filter(Exists(ours), problem=EventProblem.DISPUTED, dealt_with_at=None)


def _tell_disputes(rows: Sequence[ProviderEvent]) -> Iterator[Matter]:
    for row in rows:
        what = {"amount": show.money(row.amount, row.currency), "reference": row.reference}
        lost, argued = (
            _now("Lost in a dispute: %(amount)s of %(reference)s"),
            _now("Disputed: %(amount)s of %(reference)s"),
        )
        due = _now("answer by %s") % date_format(timezone.localtime(row.expires_at)) if row.expires_at else ""
        yield Matter(
            pk=row.pk,
            title=(lost if row.outcome == Outcome.SUCCEEDED else argued) % what,
            since=row.recorded_at,
            url=show.change_url("payments_providerevent", row.pk),
            detail=" · ".join(filter(None, [row.provider, row.code, due])),
        )


# --- webhooks ---


def _stuck(rows: QuerySet[Any]) -> QuerySet[Any]:
    """A payment that nobody knew may come to be known in a moment: the webhook was only faster."""
    early = Q(problem=WebhookProblem.UNKNOWN_REFERENCE, received_at__gt=timezone.now() - _PATIENCE)
    return rows.exclude(problem="").filter(~early, dealt_with_at=None)


def _tell_stuck(rows: Sequence[ProviderWebhook]) -> Iterator[Matter]:
    for row in rows:
        what = {"provider": row.provider, "kind": row.kind, "problem": row.get_problem_display()}
        yield Matter(
            pk=row.pk,
            title=_now("Webhook of %(provider)s, %(kind)s: %(problem)s") % what,
            since=row.received_at,
            url=show.change_url("payments_providerwebhook", row.pk),
            detail=row.error,
        )


def _process_again(request: HttpRequest, pk: UUID) -> str:
    webhooks.process_again(webhook_id=pk, actor=acts.actor_of(request))
    return _now("A worker processes it again.")


# --- payments ---


def _tell(sentence: Callable[[], str], since: Callable[[Payment], Any]) -> Callable[..., Iterator[Matter]]:
    def tell(rows: Sequence[Payment]) -> Iterator[Matter]:
        orders = of_order(rows)
        for row in rows:
            what = {"payment": row, "amount": show.money(row.amount - row.captured, row.currency)}
            about = orders.get(row.order_id) if row.order_id else None
            yield Matter(
                pk=row.pk,
                title=sentence() % what,
                since=since(row),
                url=show.change_url("payments_payment", row.pk),
                detail=" · ".join(
                    each for each in (row.provider, about and _now("order %s") % about, row.problem_in_words) if each
                ),
            )

    return tell


def _warned(row: Payment) -> datetime:
    """From when on it needs somebody: not from when it will end, which is to come."""
    assert row.expires_at is not None  # noqa: S101  (asked for just now)
    return row.expires_at - expiring.warned_before()


def _without_order(rows: QuerySet[Any]) -> QuerySet[Any]:
    holds = Q(canceled_at=None) | Q(captured__gt=F("refunded"))
    return rows.filter(holds, order=None, pk__lt=ids.first_id(timezone.now() - _ORDER_TAKES))


def _odd(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.exclude(problem="").exclude(problem__in=DISPUTES)


def _capture(request: HttpRequest, pk: UUID) -> str:
    attempt = capturing.request_capture(payment_id=pk, actor=acts.actor_of(request))
    return _now("A worker captures %s now.") % show.money(attempt.amount, attempt.currency)


def _let_go(request: HttpRequest, pk: UUID) -> str:
    voiding.request_void(payment_id=pk, actor=acts.actor_of(request))
    return _now("A worker tells the provider to let go of it.")


_OPEN_PAYMENT = Act(label=_("Open the payment"), permission="payments.view_payment")

for _kind in (
    Kind(
        rank=33,
        name="payments-unknown",
        title=_("Outcome unknown"),
        icon="help",
        model=PaymentAttempt,
        narrow=_hanging,
        age=("id",),
        tell=_tell_hanging,
        act=Act(label=_("Ask again"), permission=MAY_COLLECT, run=_ask_again),
    ),
    Kind(
        rank=34,
        name="payments-contradicted",
        title=_("Contradictions of providers"),
        icon="compare_arrows",
        model=ProviderEvent,
        narrow=_contradictions,
        age=("recorded_at", "id"),
        tell=_tell_contradictions,
        act=Act(label=_("Dealt with"), permission=MAY_COLLECT, run=dealt_with(ProviderEvent)),
        tone="bad",
    ),
    Kind(
        rank=34,
        name="payments-disputed",
        title=_("Disputes"),
        icon="gavel",
        model=ProviderEvent,
        narrow=_disputes,
        age=("recorded_at", "id"),
        tell=_tell_disputes,
        act=Act(label=_("Dealt with"), permission=MAY_COLLECT, run=dealt_with(ProviderEvent)),
        tone="bad",
    ),
    Kind(
        rank=35,
        name="payment-webhooks",
        title=_("Webhooks of providers"),
        icon="webhook",
        model=ProviderWebhook,
        narrow=_stuck,
        age=("received_at", "id"),
        tell=_tell_stuck,
        act=Act(label=_("Process again"), permission=MAY_COLLECT, run=_process_again),
        or_else=Act(label=_("Dealt with"), permission=MAY_COLLECT, run=dealt_with(ProviderWebhook)),
    ),
    Kind(
        rank=36,
        name="payments-unallocated",
        title=_("Paid without an order"),
        icon="link_off",
        model=Payment,
        narrow=_without_order,
        age=("id",),
        tell=_tell(lambda: _now("%(payment)s is for no order"), lambda row: row.created_at),
        act=_OPEN_PAYMENT,
        tone="bad",
    ),
    Kind(
        rank=37,
        name="payments-odd",
        title=_("Amounts that cannot be"),
        icon="calculate",
        model=Payment,
        narrow=_odd,
        age=("id",),
        tell=_tell(lambda: _now("What its provider told of %(payment)s cannot be"), lambda row: row.created_at),
        act=_OPEN_PAYMENT,
        tone="bad",
    ),
    Kind(
        rank=38,
        name="authorizations",
        title=_("Authorizations that end soon"),
        icon="timer",
        model=Payment,
        narrow=lambda rows: expiring.ending_soon(rows, timezone.now()),
        age=("expires_at", "id"),
        tell=_tell(lambda: _now("%(amount)s of %(payment)s can soon be captured no more"), _warned),
        act=Act(label=_("Capture"), permission=MAY_COLLECT, run=_capture),
    ),
    Kind(
        rank=39,
        name="authorizations-ended",
        title=_("Authorizations that ended"),
        icon="timer_off",
        model=Payment,
        narrow=lambda rows: expiring.ended(rows, timezone.now()),
        age=("expires_at", "id"),
        tell=_tell(lambda: _now("%(amount)s of %(payment)s was not captured in time"), lambda row: row.expires_at),
        act=Act(label=_("Let go"), permission=MAY_COLLECT, run=_let_go),
        tone="bad",
    ),
):
    attention.show(_kind)
