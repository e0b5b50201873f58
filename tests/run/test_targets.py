"""What is this machine, what is public, and what is no base URL?"""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.run.targets import embedded_target, url_target
from conformance.wire.addresses import is_loopback, is_public
from tests.run.toy import toy

LOOPBACK = [
    "http://localhost:80/",
    "http://LOCALHOST",
    "http://localhost.",
    "http://a.localhost/",
    "http://127.0.0.1:8000",
    "http://127.1.2.3",
    "http://[::1]:80",
    "http://[::ffff:127.0.0.1]/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
]
PRIVATE = [
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://0.0.0.0/",
    "http://224.0.0.1/",
    "http://intranet/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http:///nobody",
    "http://[broken/",
]
PUBLIC = ["https://cdn.example.com/a.png", "http://8.8.8.8/", "https://[2606:4700::1111]/"]


@pytest.mark.parametrize("url", LOOPBACK)
def test_this_machine(url: str) -> None:
    assert is_loopback(url)
    assert not is_public(url)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_networks(url: str) -> None:
    assert not is_loopback(url)
    assert not is_public(url)


@pytest.mark.parametrize("url", PUBLIC)
def test_the_public_network(url: str) -> None:
    assert not is_loopback(url)
    assert is_public(url)


@pytest.mark.parametrize("url", ["http://localhost.example.com", "http://127.0.0.1.nip.io"])
def test_a_name_that_only_looks_like_this_machine_is_not(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["", "toapis.com", "ftp://x/", "http://", "http://x:99999/", "http://u:p@x/", "http://x/?a=b"],
)
def test_no_base_url(url: str) -> None:
    with pytest.raises(UsageError, match="expected a base URL"):
        url_target(url, "key")


def test_a_base_url_keeps_its_prefix_and_loses_its_slash() -> None:
    target = url_target("http://127.0.0.1:8000/toy/", "key")

    assert target.base_url == "http://127.0.0.1:8000/toy"
    assert (target.target.kind, target.target.loopback) == ("url", True)
    assert url_target("https://toy.example", "key", live=True).target.kind == "live"


def test_the_key_is_not_printed() -> None:
    assert "sk-secret" not in repr(url_target("http://127.0.0.1", "sk-secret"))


def test_the_embedded_simulator_has_no_address() -> None:
    target = embedded_target(toy())

    assert (target.target.kind, target.target.base_url) == ("simulator", "")
    assert target.base_url == "https://toy.example"
    assert target.sequential
