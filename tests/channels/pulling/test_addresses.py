"""Which addresses a source may name."""

from __future__ import annotations

import socket

import httpx
import pytest

from channels.pulling.addresses import AddressRefused, check_url, resolve

PRIVATE = [
    "http://127.0.0.1/",
    "http://10.1.2.3/orders",
    "http://192.168.0.1/",
    "http://[::1]/",
    "http://[fd00::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://100.64.0.1/",
]
NEVER = [
    "http://169.254.169.254/latest",
    "http://[fe80::1]/",
    "http://0.0.0.0/",
    "http://224.0.0.1/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/",
]


@pytest.mark.parametrize(
    "text",
    ["ftp://shop.example/", "file:///etc/passwd", "gopher://x/", "orders", "//shop.example/", "http:///x", ""],
)
def test_only_http_addresses_with_a_host_are_taken(text):
    with pytest.raises(AddressRefused):
        check_url(text)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(AddressRefused) as refusal:
        check_url("https://jane:geheim@shop.example/orders")

    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_need_a_setting(text, settings):
    with pytest.raises(AddressRefused, match="private address"):
        check_url(text)

    settings.OMS = settings.OMS | {"SOURCE_PRIVATE_ADDRESSES": True}

    assert check_url(text).host


@pytest.mark.parametrize("text", NEVER)
def test_some_addresses_are_never_those_of_a_server(text, settings):
    settings.OMS = settings.OMS | {"SOURCE_PRIVATE_ADDRESSES": True}

    with pytest.raises(AddressRefused):
        check_url(text)


def test_a_name_that_leads_to_a_private_address_is_refused_even_beside_a_public_one(monkeypatch):
    def answers(*found):
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in found]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)

    url = httpx.URL("https://shop.example/orders")
    answers("93.184.216.34")
    taken = resolve(url)
    answers("93.184.216.34", "10.0.0.1")

    with pytest.raises(AddressRefused):
        resolve(url)

    assert taken == "93.184.216.34"
