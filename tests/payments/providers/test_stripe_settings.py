"""A key without the SDK is a mistake that says what to do."""

from __future__ import annotations

import sys
from importlib import util

import pytest
from django.core.exceptions import ImproperlyConfigured

from oms.core import checks
from payments.providers.stripe import client

PATH = "payments.providers.stripe.adapter.StripeProvider"


def test_the_module_refuses_to_load_without_the_sdk(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "stripe", None)
    assert client.__file__ is not None
    spec = util.spec_from_file_location("a_second_copy", client.__file__)
    assert spec is not None
    assert spec.loader is not None

    with pytest.raises(ImproperlyConfigured, match="install the extra `stripe`"):
        spec.loader.exec_module(util.module_from_spec(spec))


def test_the_system_check_has_nothing_against_it(settings) -> None:
    settings.OMS = settings.OMS | {"PAYMENT_PROVIDERS": {"stripe": PATH}}

    assert checks.replaceable_parts(None) == []
