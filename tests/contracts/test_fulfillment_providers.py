"""What every party that packs and ships must do; one that is registered is tried."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from fulfillment.providers.base import FulfillmentProvider, Outcome, ProviderResult, SubmitLine, SubmitRequest
from fulfillment.providers.manual import ManualProvider
from oms.core import providers
from oms.core.transactions import in_service_transaction

PROVIDERS = providers.names("FULFILLMENT_PROVIDERS")


@pytest.fixture(params=PROVIDERS)
def provider(request) -> FulfillmentProvider:
    return providers.get("FULFILLMENT_PROVIDERS", request.param)


def a_request(key: UUID) -> SubmitRequest:
    lines = [SubmitLine(uuid4(), "LAMP", "Lamp", 2), SubmitLine(uuid4(), "", "Gift card", 1)]
    return SubmitRequest(key, 1001, None, lines)


def assert_repeats(first: FulfillmentProvider, second: FulfillmentProvider) -> None:
    """What is asked again with the same key, of another process too, has the outcome that it had."""
    key = uuid4()
    wanted = a_request(key)

    submitted = [each.submit(wanted) for each in (first, first, second)]
    canceled = [each.cancel(key) for each in (first, first, second)]

    assert all(isinstance(each, ProviderResult) for each in [*submitted, *canceled])
    assert len({each.outcome for each in submitted}) == 1
    assert len({each.outcome for each in canceled}) == 1


def test_it_says_what_it_is_called_and_whether_it_is_our_own(provider):
    assert provider.code in PROVIDERS
    assert isinstance(provider, FulfillmentProvider)
    assert isinstance(provider.local, bool)


def test_the_same_key_again_has_the_same_outcome(provider):
    assert not in_service_transaction()  # nobody is called over a network inside one

    assert_repeats(provider, providers.get("FULFILLMENT_PROVIDERS", provider.code))


@pytest.mark.parametrize("name", [name for name in PROVIDERS if providers.get("FULFILLMENT_PROVIDERS", name).local])
def test_our_own_answers_at_once(name):
    provider = providers.get("FULFILLMENT_PROVIDERS", name)

    assert provider.submit(a_request(uuid4())).outcome is not Outcome.PENDING
    assert provider.cancel(uuid4()).outcome is not Outcome.PENDING


class Forgetful(ManualProvider):
    """The control: it takes every call for a new one."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, request: SubmitRequest) -> ProviderResult:
        self.calls += 1
        return ProviderResult(Outcome.SUCCEEDED if self.calls == 1 else Outcome.DECLINED)


def test_one_that_does_not_know_a_key_again_is_found_out():
    with pytest.raises(AssertionError):
        assert_repeats(Forgetful(), Forgetful())
