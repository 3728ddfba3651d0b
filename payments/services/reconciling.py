"""Our payments beside their providers' books: every difference, movement by movement.

Nothing is moved. Rows are read page by page in the order of their ids, so any number of them takes as much memory as
one page; each payment is looked up on its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from oms.core import actors, ids, providers
from payments.books import Books, Event, books
from payments.enums import EventSource, MoneyAct
from payments.errors import HasNoBooks
from payments.models import Payment, PaymentSession, ProviderEvent
from payments.providers.base import Fact, Outcome, PaymentProvider, ProviderUnavailable
from payments.providers.known import KIND, provider_of
from payments.services import calling, facts

log = structlog.get_logger(__name__)

PAGE: Final = 500
GIVE_UP: Final = 5  # payments in a row that a provider could not be asked about: it is down, and is left in peace

MISSING_HERE: Final = "missing here"
MISSING_THERE: Final = "missing there"
AMOUNT: Final = "amount differs"
STATE: Final = "state differs"
UNKNOWN: Final = "unknown payment"
UNAVAILABLE: Final = "provider unavailable"

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same. payment: its public id, or the provider's reference where we have none.

    movement: the act and the provider's id of it; empty where it is about the whole payment. ours, theirs: amount and
    outcome; empty where there is nothing.
    """

    kind: str
    provider: str
    payment: str
    reference: str
    movement: str = ""
    ours: str = ""
    theirs: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        about = [self.provider, self.reference, self.payment and f"({self.payment})", self.movement]
        sides = f"ours {self.ours or '-'}, theirs {self.theirs or '-'}" if self.ours or self.theirs else ""
        said = self.theirs if self.kind == UNAVAILABLE else sides
        return ": ".join(filter(None, [" ".join(filter(None, about)), self.kind, said]))


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one payment. was: how many differences there were before they were mended, where that was asked.
    payments: none, where it is about a provider as a whole."""

    differences: Sequence[Difference]
    was: int = 0
    payments: int = 1


@dataclass(frozen=True, slots=True)
class _Ours:
    """A session that its provider knows of, with the payment that it holds, if any."""

    session: PaymentSession
    payment: Payment | None
    known: Books

    @property
    def name(self) -> str:
        return (self.payment or self.session).public_id

    @property
    def reference(self) -> str:
        return self.session.reference


def reconcile(*, since: datetime | None = None, provider: str = "", fix: bool = False) -> Iterator[Compared]:
    """Compare every payment of ours that was begun since then, and those that the providers name since then.

    provider: only with this one. fix: learn what the provider tells, which moves no money, and give what is still
    different. A provider without books (`can.look_up`) or of our own tables is left out, unless it is named. Never
    inside a transaction. Raises UnknownProvider, HasNoBooks.
    """
    if provider:
        party = provider_of(provider)
        if not _has_books(party):
            raise HasNoBooks(provider=str(party.title))
        yield from _with(party, since, fix)
        return
    codes = providers.names(KIND)
    for party in filter(_has_books, map(provider_of, codes)):
        yield from _with(party, since, fix)
    for code in _not_set_up(codes, since):
        yield _of_all(code, "it is not set up any more, so its payments cannot be compared")


def _has_books(party: PaymentProvider) -> bool:
    return party.can.look_up and not party.local


def _not_set_up(codes: Collection[str], since: datetime | None) -> Iterator[str]:
    """Those whose payments we have, and who can be asked no more. One step on the index for each there is."""
    rows = PaymentSession.objects.exclude(reference="")
    names, code = rows.order_by("provider").values_list("provider", flat=True), ""
    while found := names.filter(provider__gt=code).first():
        code = found
        mine = rows.filter(provider=code)
        if code not in codes and (since is None or mine.filter(pk__gte=ids.first_id(since)).exists()):
            yield code


def _of_all(code: str, problem: str) -> Compared:
    return Compared([Difference(UNAVAILABLE, code, "", "", theirs=_one_line(problem))], payments=0)


def _with(party: PaymentProvider, since: datetime | None, fix: bool) -> Iterator[Compared]:
    missed = 0
    for one in _ours(party.code, since):
        compared = _compare(party, one, fix)
        yield compared
        missed = missed + 1 if any(each.kind == UNAVAILABLE for each in compared.differences) else 0
        if missed == GIVE_UP:
            yield _of_all(party.code, f"{GIVE_UP} in a row could not be asked about: the others were not compared")
            return
    if party.can.lists and since is not None:
        yield from _named_there(party, since, fix)


def _ours(code: str, since: datetime | None) -> Iterator[_Ours]:
    """Page by page in the order of the primary key: every payment of ours has a session."""
    rows = PaymentSession.objects.filter(provider=code).exclude(reference="").order_by("pk")
    page = list(rows.filter(pk__gte=ids.first_id(since))[:PAGE] if since else rows[:PAGE])
    while page:
        yield from _known(code, page)
        page = list(rows.filter(pk__gt=page[-1].pk)[:PAGE])


def _known(code: str, sessions: Sequence[PaymentSession]) -> Iterator[_Ours]:
    """Two queries for a page of them."""
    references = [each.reference for each in sessions]
    payments = {each.reference: each for each in Payment.objects.filter(provider=code, reference__in=references)}
    told: defaultdict[str, list[ProviderEvent]] = defaultdict(list)
    for event in ProviderEvent.objects.filter(provider=code, reference__in=references, problem="").order_by("id"):
        told[event.reference].append(event)
    for each in sessions:
        yield _Ours(each, payments.get(each.reference), books(told[each.reference]))


def _named_there(party: PaymentProvider, since: datetime, fix: bool) -> Iterator[Compared]:
    """What the provider says something happened to: payments that began earlier, and those nobody here knows."""
    waiting: list[str] = []
    try:
        for reference in party.payments_since(since):
            waiting.append(reference)
            if len(waiting) == PAGE:
                yield from _compare_named(party, waiting, since, fix)
                waiting = []
    except Exception as problem:  # whatever it is, the list ends here
        log.warning("payments.list_failed", provider=party.code, problem=repr(problem)[:200])
        yield _of_all(party.code, f"its list of payments breaks off: {problem or type(problem).__name__}")
    yield from _compare_named(party, waiting, since, fix)


def _compare_named(party: PaymentProvider, references: Sequence[str], since: datetime, fix: bool) -> Iterator[Compared]:
    sessions = list(PaymentSession.objects.filter(provider=party.code, reference__in=references))
    for reference in sorted(set(references) - {each.reference for each in sessions}):
        yield Compared([Difference(UNKNOWN, party.code, "", reference)])
    first = ids.first_id(since)
    for one in _known(party.code, [each for each in sessions if each.pk < first]):  # the others were compared already
        yield _compare(party, one, fix)


def _compare(party: PaymentProvider, one: _Ours, fix: bool) -> Compared:
    try:
        told = calling.look_up(party.code, reference=one.reference, key=one.session.pk)
    except ProviderUnavailable as problem:
        return Compared([Difference(UNAVAILABLE, party.code, one.name, one.reference, theirs=_one_line(problem))])
    found = list(_differences(party.code, one, told))
    if not found or not fix:
        return Compared(found)
    facts.learn(party.code, told, source=EventSource.LOOKUP, actor=actors.SYSTEM)
    (fresh,) = _known(party.code, [one.session])
    return Compared(list(_differences(party.code, fresh, told)), was=len(found))


def _differences(code: str, one: _Ours, told: Sequence[Fact]) -> Iterator[Difference]:
    theirs = books(facts.event_of(code, fact) for fact in told)
    name = (code, one.name, one.reference)
    if not told and (one.payment is not None or _done(one.known)):  # of a refused card nothing may be left there
        yield Difference(UNKNOWN, *name, ours=_sums(one.payment))
        return
    yield from _of_movements(name, _done(one.known), _done(theirs), _by_place(one.known), _by_place(theirs))
    if one.payment is not None:
        yield from _of_the_whole(name, one.payment, one.known)


def _of_movements(
    name: tuple[str, str, str],
    ours: Mapping[tuple[str, str], Event],
    theirs: Mapping[tuple[str, str], Event],
    all_ours: Mapping[tuple[str, str], Event],
    all_theirs: Mapping[tuple[str, str], Event],
) -> Iterator[Difference]:
    """ours, theirs: what was done; the others also what is on its way or was refused."""
    for place in sorted({*ours, *theirs}):
        here, there = all_ours.get(place), all_theirs.get(place)
        words = {"movement": " ".join(filter(None, place)), "ours": _words(here), "theirs": _words(there)}
        if here is None:
            yield Difference(MISSING_HERE, *name, **words)
        elif there is None:
            yield Difference(MISSING_THERE, *name, **words)
        elif here.outcome != there.outcome:
            yield Difference(STATE, *name, **words)
        elif here.amount != there.amount:
            yield Difference(AMOUNT, *name, **words)


def _of_the_whole(name: tuple[str, str, str], payment: Payment, known: Books) -> Iterator[Difference]:
    """A payment says what its log says: what was changed by hand shows here."""
    wanted = (
        (MoneyAct.CAPTURE, payment.captured, known.captured),
        (MoneyAct.REFUND, payment.refunded, known.refunded),
    )
    for act, ours, logged in wanted:
        if ours != logged:
            yield Difference(AMOUNT, *name, f"all {act}s", _money(ours, payment), _money(logged, payment))
    if known.is_void and payment.canceled_at is None:
        yield Difference(STATE, *name, MoneyAct.VOID, "open", "let go")


def _one_line(problem: Exception | str) -> str:
    return " ".join(str(problem).split())[:200]


def _done(known: Books) -> dict[tuple[str, str], Event]:
    return {place: each for place, each in _by_place(known).items() if each.outcome == Outcome.SUCCEEDED}


def _by_place(known: Books) -> dict[tuple[str, str], Event]:
    return {(each.act, each.movement): each for each in known.movements}


def _words(event: Event | None) -> str:
    return "" if event is None else f"{event.amount.normalize():f} {event.outcome}"


def _money(amount: Decimal, payment: Payment) -> str:
    return str(payment.money(amount))


def _sums(payment: Payment | None) -> str:
    if payment is None:
        return ""
    parts: Iterable[Decimal] = (payment.amount, payment.captured, payment.refunded)
    return " / ".join(_money(each, payment) for each in parts)
