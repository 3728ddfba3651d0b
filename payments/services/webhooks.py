"""What providers send by themselves: checked, stored and answered at once; read and applied afterwards.

A message is one row, whose id the provider gave it; its repeats only count. What is to be done with it stands in its
`next_try_at`, so a worker or a broker that is lost costs time and no message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from oms.core import actors, ids, metrics
from oms.core.actors import Actor
from oms.core.errors import DomainError, NotFound
from oms.core.hooks import Hook
from oms.core.personal import ERASED
from oms.core.providers import UnknownProvider
from oms.core.storing import reason
from oms.core.transactions import atomic
from payments.enums import EventSource, WebhookProblem
from payments.models import ProviderWebhook
from payments.providers.base import BadWebhook, InboundWebhook, ParsedWebhook, PaymentProvider
from payments.providers.known import provider_of
from payments.services import calling, facts

log = structlog.get_logger(__name__)

MOST_TRIES: Final = 12  # with pauses that double from ten seconds to an hour: some five hours
_SOON: Final = timedelta(seconds=30)  # a message to a worker that is lost is made up for after that
_BATCH: Final = 200
_SECRET: Final = frozenset({"authorization", "proxy-authorization", "cookie"})

# Called after a webhook was stored, with its id as text; answered by the Celery side.
wanted: Hook[[str], None] = Hook("webhook_wanted", lambda webhook_id: None)


def receive(provider: str, webhook: InboundWebhook) -> UUID:
    """Store a webhook that its provider signed; a repeat is counted. The row's id.

    Nothing of it is applied yet (`process`). A repeat that says something else than what came first is kept beside it
    for people to see, and never applied. Raises NotFound for a provider that there is not or that sends none;
    BadWebhook, and nothing is stored.
    """
    party = _sender(provider)
    try:
        message = _read(party, webhook)
    except BadWebhook as refusal:
        metrics.PAYMENT_WEBHOOKS.labels(party.code, "refused").inc()
        log.warning("payments.webhook_refused", provider=party.code, reason=str(refusal.facts.get("reason", "")))
        raise
    webhook_id, is_new, is_same = _store(party, webhook, message)
    if is_new:
        transaction.on_commit(lambda: wanted(str(webhook_id)), robust=True)
    elif not is_same:
        is_same = _note_difference(webhook_id, party, webhook, message)
    outcome = "stored" if is_new else "repeated" if is_same else "differs"
    metrics.PAYMENT_WEBHOOKS.labels(party.code, outcome).inc()
    log.info("payments.webhook", provider=party.code, message=message.event_id, kind=message.kind, outcome=outcome)
    return webhook_id


def due_webhooks(limit: int = _BATCH) -> list[UUID]:
    """Webhooks that nobody has processed in time, or that shall be looked at again. The longest due first."""
    due = ProviderWebhook.objects.filter(next_try_at__lte=timezone.now())
    return list(due.order_by("next_try_at").values_list("pk", flat=True)[:limit])


def process(webhook_id: UUID) -> ProviderWebhook:
    """Read a stored webhook again and learn what it says. Any number of times, by anybody: the same facts are one.

    What cannot be read or applied is tried again, later each time, and is a dead letter after MOST_TRIES. One about a
    payment that nobody here knows is looked at again as often, for the payment may only come to be known.
    """
    row = _take(webhook_id)
    if row.next_try_at is None:
        return row
    try:
        party = _sender(row.provider)
        message = party.read_webhook(InboundWebhook(headers=row.headers, body=row.body.encode()))
        unknown = facts.learn(
            row.provider, message.facts, source=EventSource.WEBHOOK, actor=actors.SYSTEM, webhook_id=row.pk
        )
    except Exception as problem:  # whatever it is, it is this message's, and others go on
        return _fail(row, problem)
    return _finish(row, message, unknown)


def process_again(*, webhook_id: UUID, actor: Actor) -> ProviderWebhook:
    """Have a webhook processed once more, as if it had just come: a dead letter, or one whose payment was not known.

    One that was processed is learned again, which changes nothing. Raises NotFound.
    """
    with atomic():
        row = ProviderWebhook.objects.select_for_update().filter(pk=webhook_id).first()
        if row is None:
            raise NotFound(kind="webhook", id=ids.encode(ids.PROVIDER_WEBHOOK, webhook_id))
        row.tries, row.next_try_at, row.error = 0, timezone.now(), ""
        row.save(update_fields=["tries", "next_try_at", "error"])
        transaction.on_commit(lambda: wanted(str(webhook_id)), robust=True)
    log.info("payments.webhook_again", webhook=row.public_id, provider=row.provider, by=f"{actor.kind}:{actor.id}")
    return row


def _sender(code: str) -> PaymentProvider:
    try:
        party = provider_of(code)
    except UnknownProvider:
        raise NotFound(kind="payment provider", id=code[:60]) from None
    if not party.can.webhooks:
        raise NotFound(kind="payment provider", id=code[:60])
    return party


def _read(party: PaymentProvider, webhook: InboundWebhook) -> ParsedWebhook:
    """What it says, once its signature was checked. Raises BadWebhook, also for what could not be kept."""
    try:
        message = party.parse_webhook(webhook)
        _require_storable(party, webhook, message)
    except RecursionError:
        raise BadWebhook(provider=party.code, reason="it is nested too deep") from None
    return message


def _require_storable(party: PaymentProvider, webhook: InboundWebhook, message: ParsedWebhook) -> None:
    """Text that the database holds, and an id to know it by. Raises BadWebhook."""
    try:
        body = webhook.body.decode()
    except UnicodeDecodeError:
        raise BadWebhook(provider=party.code, reason="it is not UTF-8") from None
    if "\x00" in body or any("\x00" in text for text in _texts(msgspec.to_builtins(message))):
        raise BadWebhook(provider=party.code, reason="it has the character U+0000 in it") from None
    if not 0 < len(message.event_id) <= 190:
        raise BadWebhook(provider=party.code, reason="it has no id, or one of more than 190 letters")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)


_STORE: Final = """
INSERT INTO payments_providerwebhook (id, provider, event_id, kind, headers, body, times_received, tries, problem,
    next_try_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, 1, 0, '', %s)
ON CONFLICT (provider, event_id) DO UPDATE SET times_received = payments_providerwebhook.times_received + 1
RETURNING id, xmax = 0, body = %s
"""


def _store(party: PaymentProvider, webhook: InboundWebhook, message: ParsedWebhook) -> tuple[UUID, bool, bool]:
    """Its row, whether that is new, and whether it was these very bytes. One statement: a repeat may come meanwhile."""
    headers = {name: value for name, value in webhook.headers.items() if name not in _SECRET and "\x00" not in value}
    body = webhook.body.decode()
    values: list[Any] = [
        ids.new_id(),
        party.code,
        message.event_id,
        message.kind[:120],
        msgspec.json.encode(headers).decode(),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [*values, body, timezone.now() + _SOON, body])
        webhook_id, is_new, is_same = cursor.fetchone()
    return webhook_id, is_new, is_same


def _note_difference(webhook_id: UUID, party: PaymentProvider, webhook: InboundWebhook, message: ParsedWebhook) -> bool:
    """Whether a repeat in other bytes says the same: providers count their tries in it. If not, it is kept."""
    with atomic():
        row = ProviderWebhook.objects.select_for_update().get(pk=webhook_id)
        if row.body == ERASED:  # a person was forgotten: nobody can tell any more, and they do not come back by this
            return True
        try:
            first = party.read_webhook(InboundWebhook(headers=row.headers, body=row.body.encode()))
        except BadWebhook:
            first = None
        if first == message:
            return True
        body = webhook.body.decode()
        if row.other_body != body:
            row.other_body, row.problem, row.dealt_with_at = body, WebhookProblem.DIFFERS, None
            row.save(update_fields=["other_body", "problem", "dealt_with_at"])
    return False


def _take(webhook_id: UUID) -> ProviderWebhook:
    """The row, with the next try noted before anything is done: a worker may die over it."""
    row = ProviderWebhook.objects.get(pk=webhook_id)
    if row.next_try_at is None:
        return row
    row.next_try_at = calling.next_try(row.tries + 1, timezone.now())
    ProviderWebhook.objects.filter(pk=row.pk).update(tries=F("tries") + 1, next_try_at=row.next_try_at)
    row.tries += 1
    return row


def _fail(row: ProviderWebhook, problem: Exception) -> ProviderWebhook:
    """Only what kind of problem it is: a message may quote what the webhook says of people."""
    row.error = _said(problem)[:255]
    if row.tries >= MOST_TRIES:
        row.next_try_at, row.problem, row.dealt_with_at = None, WebhookProblem.FAILED, None
    row.save(update_fields=["error", "next_try_at", "problem", "dealt_with_at"])
    log.warning(
        "payments.webhook_failed",
        webhook=row.public_id,
        provider=row.provider,
        problem=type(problem).__name__,
        at=_place(problem),
        tries=row.tries,
        is_dead=row.next_try_at is None,
    )
    return row


def _said(problem: Exception) -> str:
    if isinstance(problem, DomainError):
        return str(problem)
    return reason(problem) if isinstance(problem, DatabaseError) else f"{type(problem).__name__} at {_place(problem)}"


def _finish(row: ProviderWebhook, message: ParsedWebhook, unknown: set[str]) -> ProviderWebhook:
    row.error = ""
    row.processed_at = row.processed_at or timezone.now()
    if not unknown or row.tries >= MOST_TRIES:
        row.next_try_at = None
    with atomic():
        fresh = ProviderWebhook.objects.select_for_update().get(pk=row.pk)  # a repeat may have said something else
        if fresh.problem != WebhookProblem.DIFFERS:
            row.problem = WebhookProblem.UNKNOWN_REFERENCE if unknown else ""
            row.save(update_fields=["error", "processed_at", "next_try_at", "problem"])
        else:
            row.save(update_fields=["error", "processed_at", "next_try_at"])
    if unknown:
        log.warning("payments.webhook_unknown", webhook=row.public_id, provider=row.provider, kind=message.kind)
    return row


def _place(problem: Exception) -> str:
    """Where it went wrong: file and line, without what stood in the values there."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
