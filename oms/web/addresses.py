"""Where a request comes from: what may be counted, and what may be kept."""

from __future__ import annotations

import ipaddress
from typing import Final

from django.http import HttpRequest

from oms.web.authentication import address_of

_NOWHERE: Final = ipaddress.ip_address("::")
# Who has one address of these has them all.
_COUNTED: Final = {4: 32, 6: 64}
_KEPT: Final = {4: 24, 6: 48}


def _address(request: HttpRequest) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """As our own proxies saw it; what else stands in X-Forwarded-For anybody can have written."""
    try:
        found = ipaddress.ip_address(address_of(request))
    except ValueError:
        return _NOWHERE
    return getattr(found, "ipv4_mapped", None) or found


def counted(request: HttpRequest) -> str:
    """What attempts are counted by: an IPv4 address, the /64 of an IPv6 one."""
    return _network(request, _COUNTED)


def kept(request: HttpRequest) -> str:
    """What may be kept for long: the network, which tells a town and not a person. Empty where it is unknown."""
    network = _network(request, _KEPT)
    return "" if network.startswith("::/") else network


def _network(request: HttpRequest, lengths: dict[int, int]) -> str:
    address = _address(request)
    return str(ipaddress.ip_network(f"{address}/{lengths[address.version]}", strict=False))
