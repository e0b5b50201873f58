"""Where does a URL lead: as far as its text tells, and by the address that was connected to?"""

from __future__ import annotations

import ipaddress
from typing import TypeAlias
from urllib.parse import urlsplit

__all__ = ["is_loopback", "is_public", "is_public_address", "why_not_fetched"]

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_loopback(url: str) -> bool:
    """Whether a URL points to this machine: `localhost`, 127.0.0.0/8 or ::1."""
    host = _host(url)
    address = _address(host)
    if address is None:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback


def is_public(url: str) -> bool:
    """Whether a URL, as far as its text tells, points neither to this machine nor into a private network."""
    host = _host(url)
    address = _address(host)
    if address is None:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))
    return _is_public(address)


def is_public_address(text: str) -> bool:
    """Whether a numeric address is on the public network."""
    return _is_public(ipaddress.ip_address(text.partition("%")[0]))


def _is_public(address: _Address) -> bool:
    inner = _wrapped(address)
    return inner.is_global and not inner.is_multicast


def _wrapped(address: _Address) -> _Address:
    """
    The IPv4 address to which one of IPv6 is translated or tunnelled, else the address.

    Source: RFC 4291 (mapped), RFC 3056 (6to4), RFC 6052 (NAT64).
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def why_not_fetched(url: str, *, loopback_target: bool) -> str:
    """
    Why a result URL must not be fetched; "" where it may.

    A vendor must not be able to make us ask our own machine or network; on a loopback target that is where we are.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "not a URL"
    if parts.scheme not in ("http", "https"):
        return f"its scheme is {parts.scheme or 'missing'}, not http or https"
    if not host:
        return "it names no server"
    if not loopback_target and not is_public(url):
        return f"{host} is not a public address"
    return ""


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _address(host: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _odd_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _odd_address(host: str) -> ipaddress.IPv4Address | None:
    """An IPv4 address in a form that only old resolvers read: `2130706433`, `0x7f.1`, `127.1`."""
    parts = host.split(".")
    try:
        numbers = [
            int(p, 16 if p.startswith("0x") else 8 if p.startswith("0") and p != "0" else 10)
            for p in parts
        ]
    except ValueError:
        return None
    if (
        len(numbers) > 4
        or any(n > 255 for n in numbers[:-1])
        or numbers[-1] >= 256 ** (5 - len(numbers))
    ):
        return None
    value = sum(n << (8 * (3 - i)) for i, n in enumerate(numbers[:-1])) + numbers[-1]
    return ipaddress.IPv4Address(value)
