"""What holds for every test: no keys, no network but loopback, and the same examples each time."""

from __future__ import annotations

import ipaddress
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

KEY_VARIABLES = (
    "AIGPTIMAGE_API_KEY",
    "APIMART_API_KEY",
    "APIPOD_API_KEY",
    "GPTIMAGE2API_API_KEY",
    "TOAPIS_API_KEY",
)

settings.register_profile("derandomized", derandomize=True, deadline=None)
settings.load_profile("derandomized")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is known to be missing is expected to fail, with its reason, and must leave the list once it passes."""
    gaps = tomllib.loads((Path(__file__).parent / "known_gaps.toml").read_text("utf-8"))["gaps"]
    for item in items:
        if item.nodeid in gaps:
            item.add_marker(pytest.mark.xfail(reason=gaps[item.nodeid], strict=True))


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


class NetworkForbidden(RuntimeError):
    """A test tried to reach the outside. No `OSError`, so that nothing takes it for an outage."""


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """
    Connections and name look-ups leave this machine no more.

    Names under `.invalid` do not resolve, as RFC 6761 promises; tests of outages use them.
    """
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded(original: Any) -> Any:
    def call(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]  # of `sendto` too, whose flags come before it
        if isinstance(address, tuple):
            _refuse_outside(address[0])
        return original(self, *arguments)

    return call


def _guarded_lookup(original: Any) -> Any:
    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name.rstrip(".").endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        _refuse_outside(name)
        return original(host, *arguments, **options)

    return look_up


def _refuse_outside(host: str | None) -> None:
    if host in (None, "", "localhost"):
        return
    try:
        inside = ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise NetworkForbidden(f"tests may not reach {host!r}: only loopback is open")
