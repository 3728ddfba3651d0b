"""What every party that moves money must do. One that is to be registered has a till in `tests.contracts.tills`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from oms.core import ids, providers
from oms.core.money import Money, quantum
from payments.enums import MoneyAct
from payments.providers.base import (
    AuthorizeRequest,
    BadWebhook,
    CaptureRequest,
    InboundWebhook,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    PaymentProvider,
    ProviderRejected,
    ProviderResult,
    ProviderUnavailable,
    RefundRequest,
    UpdateRequest,
    VoidRequest,
)
from payments.providers.manual import ManualProvider
from tests.contracts.tills import TILLS, Means, Till

pytestmark = pytest.mark.django_db
ALL = sorted(TILLS)
WITH_BOOKS = [code for code in ALL if TILLS[code].keeps_books]
FAR = ["fake", "stripe"]


@dataclass
class Paying:
    """A payment at a provider, asked for step by step; every step is asked for twice with the same key."""

    till: Till
    provider: PaymentProvider
    amount: Money
    reference: str = ""
    key: UUID = field(default_factory=ids.new_id)
    told: set[tuple[str, str, str, Decimal]] = field(default_factory=set)
    captures: list[str] = field(default_factory=list)

    def part(self, share: int) -> Money:
        """So many tenths of it."""
        return Money(self.amount.amount * share / 10, self.amount.currency)

    def initiate(self, means: Means, **more: Any) -> ProviderResult:
        request = InitiateRequest(key=self.key, amount=self.amount, context=means.context, **more)
        result = _twice(self.provider.initiate, request)
        self.reference = result.reference
        return result

    def authorize(self, means: Means) -> ProviderResult:
        data = self.provider.chosen(means.data)
        assert self.provider.chosen(data) == data
        request = AuthorizeRequest(key=ids.new_id(), reference=self.reference, amount=self.amount, data=data)
        return self._note(MoneyAct.AUTHORIZE, self.amount, _twice(self.provider.authorize, request))

    def capture(self, amount: Money, *, is_last: bool = False) -> ProviderResult:
        request = CaptureRequest(key=ids.new_id(), reference=self.reference, amount=amount, is_last=is_last)
        result = self._note(MoneyAct.CAPTURE, amount, _twice(self.provider.capture, request))
        self.captures += [result.movement] if result.outcome is Outcome.SUCCEEDED else []
        return result

    def refund(self, amount: Money) -> ProviderResult:
        request = RefundRequest(
            key=ids.new_id(), reference=self.reference, amount=amount, reason="goodwill", captures=self.captures
        )
        return self._note(MoneyAct.REFUND, amount, _twice(self.provider.refund, request))

    def void(self, amount: Money) -> ProviderResult:
        request = VoidRequest(key=ids.new_id(), reference=self.reference, amount=amount)
        return self._note(MoneyAct.VOID, amount, _twice(self.provider.void, request))

    def known(self) -> set[tuple[str, str, str, Decimal]]:
        """What the provider's own books say."""
        facts = self.provider.look_up(LookUpRequest(reference=self.reference, key=self.key))
        assert {fact.reference for fact in facts} <= {self.reference}
        return {(fact.act, fact.outcome, fact.movement, fact.amount.amount) for fact in facts}

    def _note(self, act: MoneyAct, amount: Money, result: ProviderResult) -> ProviderResult:
        moved = result.amount or amount
        self.told.add((act, result.outcome, result.movement, moved.amount))
        self.told |= {(fact.act, fact.outcome, fact.movement, fact.amount.amount) for fact in result.facts}
        return result


def _twice(ask: Callable[[Any], ProviderResult], request: Any) -> ProviderResult:
    """Asked again with the same key, by a request that was made anew: the same answer."""
    first = ask(request)
    assert isinstance(first, ProviderResult)
    assert ask(request) == first
    return first


def begin(request: pytest.FixtureRequest, code: str, currency: str = "USD") -> Paying:
    till = TILLS[code]
    if why := till.cannot.get(request.node.originalname):
        pytest.skip(why)
    for fixture in till.fixtures:
        request.getfixturevalue(fixture)
    amount = Money(1000 * quantum(currency), currency)
    return Paying(till, providers.get("PAYMENT_PROVIDERS", code), amount)


def authorized(request: pytest.FixtureRequest, code: str, currency: str = "USD") -> Paying:
    paying = begin(request, code, currency)
    means = paying.till.rich(paying.amount)
    paying.initiate(means)
    assert paying.authorize(means).outcome is Outcome.SUCCEEDED
    return paying


def refused(act: Callable[[], ProviderResult]) -> bool:
    """By an outcome, or by refusing the call."""
    try:
        return act().outcome is Outcome.DECLINED
    except ProviderRejected as refusal:
        return bool(refusal.code)


def assert_same(known: set[Any], told: set[Any], provider: PaymentProvider) -> None:
    """What a provider can look up is what it told, nothing more and nothing less."""
    if provider.can.look_up:
        assert known == told


@pytest.mark.parametrize("code", ALL)
def test_it_says_what_it_is_called_and_what_it_can_do(request, code):
    provider = begin(request, code).provider

    assert (provider.code, bool(provider.title), isinstance(provider, PaymentProvider)) == (code, True, True)
    assert provider.can.several_captures <= provider.can.partial_capture


def test_everything_that_is_registered_is_tried():
    assert set(providers.names("PAYMENT_PROVIDERS")) <= set(TILLS)


@pytest.mark.parametrize(("code", "currency"), [(code, each) for code in ALL for each in TILLS[code].currencies])
def test_what_is_authorized_is_taken_and_given_back_in_parts(request, code, currency):
    paying = authorized(request, code, currency)
    can = paying.provider.can
    parts = [3, 7] if can.several_captures else [3] if can.partial_capture else [10]

    taken = [paying.capture(paying.part(part), is_last=part == parts[-1]) for part in parts]
    back = [paying.refund(paying.part(part)) for part in ([1, 2] if can.partial_refund else parts)]

    assert {each.outcome for each in taken + back} == {Outcome.SUCCEEDED}
    assert len({each.movement for each in taken + back}) == len(taken + back)
    assert all(each.movement for each in taken + back)
    assert_same(paying.known(), paying.told, paying.provider)


@pytest.mark.parametrize("code", ALL)
def test_an_initiated_payment_has_a_reference_and_holds_nothing(request, code):
    paying = begin(request, code)

    result = paying.initiate(paying.till.rich(paying.amount))

    assert (result.outcome, bool(result.reference)) == (Outcome.PENDING, True)
    assert paying.known() == set()


@pytest.mark.parametrize("code", ALL)
def test_its_amount_can_change_until_it_is_authorized(request, code):
    paying = begin(request, code)
    means = paying.till.rich(paying.amount)
    paying.initiate(means)
    less = paying.part(5)

    result = _twice(paying.provider.update, UpdateRequest(key=ids.new_id(), reference=paying.reference, amount=less))
    paying.amount = less
    held = paying.authorize(means)

    assert (result.reference, held.outcome) == (paying.reference, Outcome.SUCCEEDED)
    assert_same(paying.known(), paying.told, paying.provider)


@pytest.mark.parametrize("code", ALL)
def test_what_is_held_is_let_go(request, code):
    paying = authorized(request, code)

    result = paying.void(paying.amount)

    assert result.outcome is Outcome.SUCCEEDED
    assert_same(paying.known(), paying.told, paying.provider)


@pytest.mark.parametrize("code", WITH_BOOKS)
def test_what_was_let_go_cannot_be_taken(request, code):
    paying = authorized(request, code)
    paying.void(paying.amount)

    assert refused(lambda: paying.capture(paying.part(1)))
    assert not any(act == MoneyAct.CAPTURE and outcome == Outcome.SUCCEEDED for act, outcome, *_ in paying.known())


@pytest.mark.parametrize("code", WITH_BOOKS)
def test_it_takes_and_gives_back_no_more_than_there_is(request, code):
    paying = authorized(request, code)
    more = paying.part(11)

    assert refused(lambda: paying.capture(more))
    taken = paying.capture(paying.amount)
    assert refused(lambda: paying.capture(paying.part(1)))
    assert refused(lambda: paying.refund(more))
    back = paying.refund(paying.amount)
    assert refused(lambda: paying.refund(paying.part(1)))

    moved = {(act, movement) for act, outcome, movement, _ in paying.known() if outcome == Outcome.SUCCEEDED}
    assert moved == {("authorize", ""), ("capture", taken.movement), ("refund", back.movement)}


@pytest.mark.parametrize("code", ALL)
def test_what_is_left_after_a_part_was_taken_is_let_go(request, code):
    paying = authorized(request, code)
    paying.capture(paying.part(3))

    if paying.provider.can.several_captures:
        result = paying.void(paying.part(7))
        assert (result.outcome, result.amount or paying.part(7)) == (Outcome.SUCCEEDED, paying.part(7))
    else:  # it let go with the capture
        assert refused(lambda: paying.void(paying.part(7)))

    if code in WITH_BOOKS:
        assert refused(lambda: paying.capture(paying.part(1)))
        assert {act for act, outcome, *_ in paying.known() if outcome == Outcome.SUCCEEDED} == {
            "authorize",
            "capture",
            "void",
        }
    assert paying.refund(paying.part(3)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("code", WITH_BOOKS)
def test_what_is_not_held_any_more_cannot_be_let_go(request, code):
    let_go, taken = authorized(request, code), authorized(request, code)
    let_go.void(let_go.amount)
    taken.capture(taken.amount)

    before = let_go.known(), taken.known()
    refused(lambda: let_go.void(let_go.amount))  # or it says that this is so already

    assert refused(lambda: taken.void(taken.amount))
    assert (let_go.known(), taken.known()) == before


@pytest.mark.parametrize("code", ALL)
def test_a_key_that_comes_with_another_amount_moves_nothing_more(request, code):
    paying = authorized(request, code)
    key, more = ids.new_id(), ids.new_id()
    common = {"reference": paying.reference}
    taken = paying.provider.capture(CaptureRequest(key=key, amount=paying.part(3), **common))
    back = paying.provider.refund(RefundRequest(key=more, amount=paying.part(1), captures=[taken.movement], **common))
    before = paying.known()

    for ask, same, first in ((paying.provider.capture, key, taken), (paying.provider.refund, more, back)):
        kind = CaptureRequest if first is taken else RefundRequest
        try:
            again = ask(kind(key=same, amount=paying.part(2), **common))
        except ProviderRejected:
            continue
        assert again.outcome is Outcome.DECLINED or again.movement == first.movement

    assert paying.known() == before


@pytest.mark.parametrize("code", WITH_BOOKS)
def test_its_books_say_after_each_step_what_it_told(request, code):
    paying = begin(request, code)
    means = paying.till.rich(paying.amount)
    paying.initiate(means)

    for step in (
        lambda: paying.authorize(means),
        lambda: paying.capture(paying.part(6), is_last=True),
        lambda: paying.refund(paying.part(2)),
        lambda: paying.refund(paying.part(4)),
    ):
        step()
        assert paying.known() == paying.told


def every_call(paying: Paying) -> dict[str, Callable[[], Any]]:
    """Of a payment that is there, or is not."""
    provider, common = paying.provider, {"key": ids.new_id(), "reference": paying.reference, "timeout": 2.0}
    moving = common | {"amount": paying.part(1)}
    begin_ = InitiateRequest(key=ids.new_id(), amount=paying.amount, timeout=2.0)
    return {
        "initiate": lambda: provider.initiate(begin_),
        "update": lambda: provider.update(UpdateRequest(**moving)),
        "authorize": lambda: provider.authorize(AuthorizeRequest(**moving)),
        "capture": lambda: provider.capture(CaptureRequest(**moving)),
        "refund": lambda: provider.refund(RefundRequest(**moving)),
        "void": lambda: provider.void(VoidRequest(**moving)),
        "look_up": lambda: provider.look_up(LookUpRequest(**common)),
        "look_up by key": lambda: provider.look_up(LookUpRequest(**common | {"reference": ""})),
        "payments_since": lambda: list(provider.payments_since(timezone.now(), timeout=2.0)),
    }


@pytest.mark.parametrize("code", ALL)
def test_it_says_whether_it_is_far_away(request, code):
    assert begin(request, code).provider.local is (code not in FAR)


@pytest.mark.parametrize("trouble", ["nobody there", "hangs up", "500", "a page of somebody else"])
@pytest.mark.parametrize("code", FAR)
def test_whoever_gets_no_answer_knows_nothing(request, code, trouble, settings):
    paying = authorized(request, code)
    before = paying.known()
    home = settings.OMS["FAKE_GATEWAY_URL"], settings.STRIPE_API_BASE

    with wrong_number(trouble) as address:
        paying.till.move(settings, address)
        for call in every_call(paying).values():
            with pytest.raises(ProviderUnavailable):
                call()

    paying.till.move(settings, home[code == "stripe"])
    assert paying.known() == before


@contextmanager
def wrong_number(trouble: str) -> Iterator[str]:
    """An address where no answer is to be had."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def handle_one_request(self) -> None:
            """Hear it out, and answer what there is no sense in."""
            self.close_connection = True
            if not self.rfile.readline() or trouble == "hangs up":
                return
            self.request_version, self.requestline, self.command = "HTTP/1.0", "", ""
            self.send_response(500 if trouble == "500" else 200)
            self.end_headers()
            self.wfile.write(b"<html>Something else</html>")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    if trouble == "nobody there":
        server.server_close()
        yield address
        return
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("code", FAR)
def test_it_names_what_something_happened_to_since_then(request, code):
    paying = authorized(request, code)

    named = list(paying.provider.payments_since(timezone.now() - timedelta(minutes=1)))

    assert (named.count(paying.reference), len(set(named))) == (1, len(named))
    assert list(paying.provider.payments_since(timezone.now() + timedelta(minutes=1))) == []


@pytest.mark.parametrize("code", WITH_BOOKS)
def test_who_cannot_pay_is_declined_with_a_word_and_may_try_otherwise(request, code):
    paying = begin(request, code)
    paying.initiate(Means())

    poor = paying.authorize(paying.till.poor(paying.amount))
    before = {each for each in paying.known() if each[1] == Outcome.SUCCEEDED}
    rich = paying.authorize(paying.till.rich(paying.amount))

    assert (poor.outcome, bool(poor.code), bool(poor.message)) == (Outcome.DECLINED, True, True)
    assert (before, rich.outcome) == (set(), Outcome.SUCCEEDED)


@pytest.mark.parametrize("code", WITH_BOOKS)
def test_a_payment_it_never_heard_of_is_rejected(request, code):
    paying = begin(request, code)
    paying.reference = f"unheard_{uuid4().hex}"

    for act in (paying.capture, paying.refund, paying.void):
        with pytest.raises(ProviderRejected):
            act(paying.part(1))
    assert list(paying.provider.look_up(LookUpRequest(reference="", key=uuid4()))) == []
    assert paying.known() == set()


@pytest.mark.parametrize("code", WITH_BOOKS)
def test_a_payment_is_found_by_the_key_it_was_initiated_with(request, code):
    paying = authorized(request, code)

    found = paying.provider.look_up(LookUpRequest(reference="", key=paying.key))

    assert [(fact.reference, fact.act, fact.amount) for fact in found] == [
        (paying.reference, MoneyAct.AUTHORIZE, paying.amount)
    ]


@pytest.mark.parametrize("code", ALL)
@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"type": "payment.captured"}'])
def test_a_webhook_that_nobody_signed_is_refused(request, code, body):
    provider = begin(request, code).provider

    with pytest.raises(BadWebhook):
        provider.parse_webhook(InboundWebhook(headers={}, body=body))


class Forgetful(ManualProvider):
    """The control: it takes every call for a new one."""

    def capture(self, request: CaptureRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference, movement=str(uuid4()))


def test_one_that_does_not_know_a_key_again_is_found_out(request):
    paying = authorized(request, "manual")
    paying.provider = Forgetful()

    with pytest.raises(AssertionError):
        paying.capture(paying.part(1))
