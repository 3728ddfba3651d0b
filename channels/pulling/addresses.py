"""Which addresses and folders a source may name. Staff choose them, so they must not open what the server can reach."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Final

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses that hold another one inside, which a router on the way would reach.
_TRANSLATED: Final = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]
_PORTS: Final = {"http": 80, "https": 443}


class AddressRefused(DomainError):
    code = "address_refused"
    message = _("%(address)s is not used: %(reason)s")


def check_url(text: str) -> httpx.URL:
    """The address of an HTTP source. Raises AddressRefused; where a name leads is seen only when it is called."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise AddressRefused(address=text[:200], reason=_("this is no address.")) from None
    shown = f"{url.scheme}://{url.host}"
    if url.scheme not in _PORTS:
        raise AddressRefused(address=shown, reason=_("it must begin with https:// or http://."))
    if not url.host:
        raise AddressRefused(address=text[:200], reason=_("it names no host."))
    if url.userinfo:
        raise AddressRefused(address=shown, reason=_("it holds a password; name a secret of the server instead."))
    try:
        literal = ipaddress.ip_address(url.host)
    except ValueError:
        return url
    _require_allowed(literal, shown)
    return url


def resolve(url: httpx.URL) -> str:
    """The IP address to connect to: every address of the host is allowed. Raises AddressRefused, OSError.

    Whoever connects uses this address and does not ask again: the answer could be another one by then.
    """
    port = url.port or _PORTS[url.scheme]
    found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    for each in addresses:
        _require_allowed(each, f"{url.scheme}://{url.host}")
    return str(addresses[0])


def _require_allowed(ip: _Ip, shown: str) -> None:
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or any(ip in net for net in _TRANSLATED):
        raise AddressRefused(address=shown, reason=_("%s is no address of a server.") % ip)
    if not ip.is_global and not settings.OMS["SOURCE_PRIVATE_ADDRESSES"]:
        raise AddressRefused(
            address=shown, reason=_("%s is a private address (OMS_SOURCE_PRIVATE_ADDRESSES allows them).") % ip
        )


def check_folder(text: str) -> Path:
    """The folder of a source: a full path below one of settings.OMS["SOURCE_FOLDERS"]. Raises AddressRefused.

    Links are followed first, so that none leads out.
    """
    roots = [root.resolve() for root in settings.OMS["SOURCE_FOLDERS"]]
    if not roots:
        raise AddressRefused(address=text[:200], reason=_("this server allows no folders (OMS_SOURCE_FOLDERS)."))
    if "\0" in text or not text.startswith("/"):
        raise AddressRefused(
            address=text[:200].replace("\0", ""), reason=_("a folder is named by its full path, from /.")
        )
    folder = Path(text).resolve()
    if not any(folder == root or root in folder.parents for root in roots):
        allowed = ", ".join(map(str, roots))
        raise AddressRefused(address=text[:200], reason=_("folders must be below %s.") % allowed)
    if not folder.is_dir():
        raise AddressRefused(address=text[:200], reason=_("there is no such folder."))
    return folder
