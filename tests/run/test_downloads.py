"""Results are fetched once, without the key, within bounds, and from nowhere they should not be."""

from __future__ import annotations

import hashlib

import pytest

from conformance.results.outcome import Target
from conformance.run.asking import NOT_KEPT, PICTURE_BYTES
from conformance.wire.addresses import why_not_fetched
from conformance.wire.exchange import Exchange, Reply, Request, header
from tests.run.toy import BASE, NO_REPLY, PNG, Done, Vendor, creation, done, endpoint, reply

FIRST = creation("first")


def fetched(vendor: Vendor) -> tuple[Done, list[Exchange]]:
    run = done(vendor, FIRST)
    return run, [e for e in run.record.traces["first"].exchanges if e.phase == "download"]


def at(path: str, *answers: Reply | Exception | None) -> object:
    left = list(answers)

    def before(request: Request) -> Reply | Exception | None:
        if path not in request.url:
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    return before


def test_a_picture_is_opened_and_its_bytes_are_not_kept() -> None:
    _, (exchange,) = fetched(Vendor())

    assert exchange.picture is not None
    assert (exchange.picture.format, exchange.picture.width) == ("png", 1)
    assert exchange.picture.sha256 == hashlib.sha256(PNG).hexdigest()
    assert exchange.reply is not None
    assert exchange.reply.body == b""
    assert not exchange.reply.truncated


def test_the_key_does_not_go_with_it() -> None:
    vendor = Vendor()
    fetched(vendor)

    (request,) = [r for r in vendor.seen if "/pictures/" in r.url]
    assert header(request.headers, "authorization") is None


def test_each_url_is_fetched_once_and_relative_ones_are_joined() -> None:
    vendor = Vendor(urls=("/pictures/1.png", f"{BASE}/pictures/2.png", "/pictures/1.png"))
    _, exchanges = fetched(vendor)

    assert [e.request.url for e in exchanges] == [
        f"{BASE}/pictures/1.png",
        f"{BASE}/pictures/2.png",
    ]


def test_no_more_than_sixteen_are_fetched() -> None:
    vendor = Vendor(urls=tuple(f"/pictures/{n}.png" for n in range(18)))
    run, exchanges = fetched(vendor)

    assert len(exchanges) == 16
    assert run.record.traces["first"].facts == {
        "not_fetched": {
            "/pictures/16.png": "more than 16 results",
            "/pictures/17.png": "more than 16 results",
        }
    }


@pytest.mark.parametrize("trouble", [reply(503, {}), reply(429, {}), NO_REPLY])
def test_trouble_that_passes_is_forgiven(trouble: Reply | Exception) -> None:
    _, exchanges = fetched(Vendor(before=at("/pictures/", trouble, trouble, None)))  # type: ignore[arg-type]

    assert len(exchanges) == 3
    assert exchanges[-1].picture is not None


def test_a_result_that_is_gone_is_not_asked_for_again() -> None:
    _, (exchange,) = fetched(Vendor(before=at("/pictures/", reply(404, {"error": "gone"}))))  # type: ignore[arg-type]

    assert exchange.picture is None
    assert exchange.reply is not None
    assert exchange.reply.json() == {"error": "gone"}


def test_of_what_is_no_picture_the_beginning_is_kept() -> None:
    page = Reply(status=200, body=b"<html>" + b"x" * 9_000)
    _, (exchange,) = fetched(Vendor(before=at("/pictures/", page)))  # type: ignore[arg-type]

    assert exchange.picture is not None
    assert "HTML" in str(exchange.picture.problem)
    assert exchange.reply is not None
    assert exchange.reply.truncated
    assert len(exchange.reply.body) == 2_000


def test_a_picture_beyond_the_bound_is_not_opened() -> None:
    huge = Reply(status=200, body=PNG, truncated=True)
    _, (exchange,) = fetched(Vendor(before=at("/pictures/", huge)))  # type: ignore[arg-type]

    assert exchange.picture is not None
    assert exchange.picture.problem == f"longer than {PICTURE_BYTES // 1024**2} MB"


def test_redirects_are_followed() -> None:
    there = Reply(status=302, headers=(("Location", "../pictures/2.png"),))
    _, exchanges = fetched(Vendor(before=at("/pictures/1", there)))  # type: ignore[arg-type]

    assert [e.request.url for e in exchanges] == [
        f"{BASE}/pictures/1.png",
        f"{BASE}/pictures/2.png",
    ]
    assert exchanges[-1].picture is not None


def test_redirects_in_a_circle_end() -> None:
    there = Reply(status=302, headers=(("Location", "/pictures/1.png"),))
    run, exchanges = fetched(Vendor(before=at("/pictures/1", there)))  # type: ignore[arg-type]

    assert len(exchanges) == 5
    assert run.record.traces["first"].facts["not_fetched"] == {
        "/pictures/1.png": "more than 5 redirects"
    }


def test_a_public_target_cannot_send_us_into_our_own_network() -> None:
    inside = Reply(status=302, headers=(("Location", "http://169.254.169.254/latest"),))
    vendor = Vendor(
        urls=("http://127.0.0.1:22/", "file:///etc/passwd", "https://cdn.example.com/pictures/1"),
        before=at("/pictures/1", inside),  # type: ignore[arg-type]
    )
    public = Target(kind="live", base_url="https://toy.example", loopback=False)
    run = done(None, FIRST, target=endpoint(vendor, base_url="https://toy.example", target=public))

    hosts = {r.url.split("/")[2] for r in vendor.seen}
    assert hosts == {"toy.example", "cdn.example.com"}
    assert run.record.traces["first"].facts["not_fetched"] == {
        "http://127.0.0.1:22/": "127.0.0.1 is not a public address",
        "file:///etc/passwd": "its scheme is file, not http or https",
        "https://cdn.example.com/pictures/1": "169.254.169.254 is not a public address",
    }


@pytest.mark.parametrize(
    ("url", "loopback", "reason"),
    [
        ("http://127.0.0.1/", True, ""),
        ("http://10.0.0.1/", True, ""),
        ("https://cdn.example.com/", False, ""),
        ("http://cdn.example.com/", False, ""),
        ("http://10.0.0.1/", False, "10.0.0.1 is not a public address"),
        ("http://localhost/", False, "localhost is not a public address"),
        ("data:image/png;base64,xx", True, "its scheme is data, not http or https"),
        ("file:///x", True, "its scheme is file, not http or https"),
        ("http:///x", True, "it names no server"),
        ("http://[x/", True, "not a URL"),
    ],
)
def test_what_must_not_be_fetched(url: str, loopback: bool, reason: str) -> None:
    assert why_not_fetched(url, loopback_target=loopback) == reason


def test_a_url_whose_signature_was_taken_away_is_not_fetched() -> None:
    """As in a run that goes on from its record: what is not asked cannot be refused."""
    signed = f"{BASE}/pictures/1.png?X-Amz-Signature="
    vendor = Vendor(urls=(f"{signed}redacted-0123abcd",))
    run, exchanges = fetched(vendor)

    assert exchanges == []
    (reason,) = run.record.traces["first"].facts["not_fetched"].values()
    assert reason == NOT_KEPT

    _, (whole,) = fetched(Vendor(urls=(f"{signed}Abc0123456789",)))
    assert whole.request.url.startswith(f"{signed}redacted-")
