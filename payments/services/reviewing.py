"""Somebody has dealt with what needed a person: it stays as it is, and is shown among the exceptions no more."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.core.transactions import atomic
from payments.enums import AttemptState
from payments.models import Payment, PaymentAttempt, ProviderEvent, ProviderWebhook

Matter = type[PaymentAttempt] | type[ProviderEvent] | type[ProviderWebhook]


@atomic()
def deal_with(*, kind: Matter, pk: UUID, actor: Actor) -> None:
    """Note who dealt with it. A second time changes nothing. Raises NotFound."""
    now, who = timezone.now(), actor.as_dict()
    rows = kind._default_manager.filter(pk=pk)
    if not rows.filter(dealt_with_at=None).update(dealt_with_at=now, dealt_with_by=who) and not rows.exists():
        raise NotFound(kind=str(kind._meta.verbose_name), id=str(pk))


def tried_again(payment: Payment, act: str, *, actor: Actor) -> None:
    """Whoever tries again has seen that it was declined before. The payment's owner is locked."""
    before = PaymentAttempt.objects.filter(payment=payment, act=act, state=AttemptState.DECLINED, dealt_with_at=None)
    before.update(dealt_with_at=timezone.now(), dealt_with_by=actor.as_dict())
