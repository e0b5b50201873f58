"""Whatever a server says, the key goes to it alone, and nothing goes into our own network."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import TargetUnusable
from conformance.results.outcome import RunResult, Target
from conformance.run.check import run_check
from conformance.run.journal import open_journal
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint, url_target
from conformance.simulator.clock import RealClock
from conformance.wire.transports import HttpTransport
from tests.hostile.server import Moment, Server, Step, Twist, http, served
from tests.run.toy import KEY, creation, plan_of, toy

NOW = datetime(2026, 11, 21, tzinfo=UTC)
METADATA = "http://169.254.169.254/latest/meta-data/iam"
PRIVATE = [
    METADATA,
    "http://[fd00:ec2::254]/latest",
    "http://127.0.0.1:{port}/secret",
    "http://[::1]:{port}/secret",
    "http://localhost:{port}/secret",
    "http://2130706433:{port}/secret",
    "http://[::ffff:127.0.0.1]:{port}/secret",
    "http://[64:ff9b::7f00:1]:{port}/secret",
    "http://[2002:7f00:1::]:{port}/secret",
    "http://10.0.0.1/",
    "http://0.0.0.0:{port}/",
    "http://metadata.google.internal/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "data:image/png;base64,AAAA",
    "gopher://127.0.0.1:{port}/_",
]


def naming(*urls: str) -> Twist:
    """Names these as results."""
    body = json.dumps({"state": "done", "urls": urls}).encode()
    return lambda m: (http(200, body),) if m.phase == "poll" else (m.raw,)


def run(server: Server, *, loopback: bool = True, **changes: Any) -> RunResult:
    endpoint = Endpoint(
        target=Target(kind="url", base_url=server.url, loopback=loopback),
        transport=HttpTransport(home="" if loopback else server.url),
        clock=RealClock(10_000),
        base_url=server.url,
        key=KEY,
    )
    planner = plan_of(creation("carrier"))
    return run_check(toy(), endpoint, RunOptions(), planner=planner, **changes)


def accused(result: RunResult) -> list[str]:
    return [v.clause for v in result.verdicts if v.verdict == "violates"]


@pytest.mark.parametrize("url", PRIVATE)
def test_a_result_in_our_network_is_not_fetched(url: str) -> None:
    """`loopback` is not set: the server stands for one on the public network."""
    with served(lambda m: (m.raw,)) as victim:
        port = victim.url.rpartition(":")[2]
        with served(naming(url.format(port=port))) as server:
            result = run(server, loopback=False)
        assert victim.asked == []
    assert accused(result) == []
    reasons = [v.reason for v in result.verdicts if v.clause == "toy.result.url"]
    assert "was not fetched" in reasons[0]


@pytest.mark.parametrize("url", PRIVATE)
def test_nothing_is_led_into_our_network(url: str) -> None:
    """The first URL is at the target's own place, which the user named; where it leads is not."""
    with served(lambda m: (m.raw,)) as victim:
        port = victim.url.rpartition(":")[2]

        def twist(m: Moment) -> Iterable[Step]:
            if m.phase == "download":
                return (http(307, b"", f"Location: {url.format(port=port)}"),)
            return naming(f"{m.url.replace('127.0.0.1', 'api.example')}/p.png")(m)

        with served(twist) as server:
            server.url = server.url.replace("127.0.0.1", "api.example")
            result = _as_public(server, port)
        assert victim.asked == []
    assert accused(result) == []


def _as_public(server: Server, _: str) -> RunResult:
    """A run against a server whose public name leads to this machine."""
    with pytest.MonkeyPatch.context() as patch:
        inside = socket.getaddrinfo

        def look_up(host: Any, *rest: Any, **more: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            return inside("127.0.0.1" if name == "api.example" else host, *rest, **more)

        patch.setattr(socket, "getaddrinfo", look_up)
        return run(server, loopback=False)


def test_a_public_name_that_leads_into_our_network_is_not_asked() -> None:
    """What a name says today it need not say tomorrow: the address that was connected to counts."""
    with served(lambda m: (m.raw,)) as victim:
        port = victim.url.rpartition(":")[2]
        with pytest.MonkeyPatch.context() as patch:
            inside = socket.getaddrinfo

            def look_up(host: Any, *rest: Any, **more: Any) -> Any:
                name = host.decode() if isinstance(host, bytes) else host
                rebound = name in ("cdn.example", "127.0.0.1.nip.example")
                return inside("127.0.0.1" if rebound else host, *rest, **more)

            patch.setattr(socket, "getaddrinfo", look_up)
            urls = (f"http://cdn.example:{port}/a", f"http://127.0.0.1.nip.example:{port}/b")
            with served(naming(*urls)) as server:
                result = run(server, loopback=False)
        assert victim.asked == []
    assert accused(result) == []
    reason = next(v.reason for v in result.verdicts if v.clause == "toy.result.url")
    assert "an address that is not public" in reason


def test_on_this_machine_results_may_be_on_this_machine() -> None:
    with served(lambda m: (m.raw,)) as other:
        with served(naming(f"{other.url}/pictures/1.png")) as server:
            result = run(server)
        assert [r.url for r in other.asked] == [f"{other.url}/pictures/1.png"]
    assert {v.clause: v.verdict for v in result.verdicts}["toy.result.url"] == "conforms"


def test_the_key_follows_nobody(tmp_path: Path) -> None:
    """Neither a redirect of a creation, of a poll or of a picture takes it along; nor is it written down."""
    with served(lambda m: (m.raw,)) as thief:

        def twist(m: Moment) -> Iterable[Step]:
            if m.phase == "create" and m.number:
                return (m.raw,)
            return (http(308, b"", f"Location: {thief.url}/{m.phase}?k={KEY}"),)

        journal = open_journal(tmp_path, "toy", NOW)
        with (
            served(twist) as server,
            pytest.raises(TargetUnusable, match="which leads to") as caught,
        ):
            run(server, journal=journal)
        assert KEY not in str(caught.value)
        with served(lambda m: twist(m) if m.phase != "create" else (m.raw,)) as server:
            run(server)
        with served(lambda m: twist(m) if m.phase == "download" else (m.raw,)) as server:
            run(server)
        assert [r for r in thief.asked if "POST" in r.method or "poll" in r.url] == []
        assert [r for r in thief.asked if KEY in str(r.headers)] == []
    assert KEY not in Path(journal.path).read_text()


def test_a_live_target_guards_its_downloads() -> None:
    """What `check --base-url` makes of an address elsewhere refuses private ones."""
    endpoint = url_target("https://api.example", "key")
    assert endpoint.transport._home == "api.example:443"  # type: ignore[attr-defined]  # no other way to see it
    asyncio.run(endpoint.transport.aclose())
