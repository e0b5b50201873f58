"""
Callbacks over real sockets, from a server that knows nothing of the simulator.

It is written by hand, runs in a thread, and posts to whatever address it is given with the standard library.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.main import main
from conformance.run import calling
from conformance.simulator.serve import serving
from tests.hand.apipod import Apipod
from tests.hand.calling import Calling
from tests.hand.toapis import Toapis
from tests.hand.variation import variant

QUICK = ["--poll-interval", "0.02", "--poll-delay", "0.02", "--max-billed", "6"]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APIPOD_API_KEY", "test-key")
    monkeypatch.setenv("TOAPIS_API_KEY", "test-key")
    monkeypatch.setattr(calling, "_NEARBY_S", 5.5)  # who does not call back is waited for in vain


def post(method: str, url: str, headers: dict[str, str], body: bytes) -> int | None:
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310 - the same
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def later(seconds: float, do: Any) -> None:
    timer = threading.Timer(0.01 + seconds / 20, do)
    timer.daemon = True
    timer.start()


@contextmanager
def served(server: Any) -> Iterator[str]:
    assert isinstance(server, Calling)
    server.later, server.post = later, post
    with serving({"hand": server}) as urls:  # any ASGI application will do
        yield urls["hand"]


def checked(vendor: str, server: Any, *words: str) -> tuple[int, dict[str, Any]]:
    with served(server) as url:
        flags = ["--only", f"{vendor}.callback.*", "--json", "out.json"]
        code = main(["check", vendor, "--base-url", url, *QUICK, *flags, *words])
    clauses = json.loads(Path("out.json").read_text())["vendors"][0]["clauses"]
    return code, {c["id"].partition(".")[2]: c for c in clauses}


def tried(found: dict[str, Any]) -> set[str]:
    """The clauses about callbacks that were tried."""
    return {n for n, c in found.items() if ".callback" in f".{n}" and c["verdict"] != "untested"}


def test_a_faithful_server_is_silent_and_its_callbacks_are_seen() -> None:
    code, found = checked("apipod", Apipod())
    assert [c["message"] for c in found.values() if c["verdict"] == "violates"] == []
    assert code == 0
    kept = {name for name, c in found.items() if c["verdict"] == "conforms"}
    assert {
        "callback.callback.sent",
        "callback.callback.attempts",
        "callback.callback.acknowledged",
        "callback.reply.$headers.User-Agent",
        "callback.reply.error.failed",
        "callback.reply.result.completed",
    } <= kept
    assert found["callback.callback.sent"]["exchanges"][0].startswith("c")


def test_the_record_has_what_came_and_no_signature() -> None:
    code, found = checked("toapis", Toapis())
    assert code == 0
    assert found["callback.callback.callback-signed"]["verdict"] == "conforms"
    (record,) = Path("reports/records").iterdir()
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    came = [line for line in lines if line.get("phase") == "callback"]
    assert came
    for line in came:
        headers = dict(line["headers"])
        assert line["facts"] == {"signature": "valid"}
        assert headers["X-Toapis-Webhook-Signature"] == "[redacted]"


@pytest.mark.parametrize(
    ("vendor", "server", "clause"),
    [
        ("apipod", variant(Apipod, called_states=("completed",)), "callback.callback.sent"),
        (
            "apipod",
            variant(
                Apipod, callback=lambda s, t, at: {**Apipod.callback(s, t, at), "request_id": 7}
            ),
            "callback.reply.request_id",
        ),
        ("toapis", variant(Toapis, secret="another"), "callback.callback.callback-signed"),
    ],
    ids=["not of failures", "wrong", "signed"],
)
def test_what_is_broken_is_blamed(vendor: str, server: Any, clause: str) -> None:
    code, found = checked(vendor, server())
    assert {name for name, c in found.items() if c["verdict"] == "violates"} == {clause}
    assert code == 1


def test_another_secret_is_taken_from_the_vendors_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOAPIS_WEBHOOK_SECRET", "of-this-test")
    code, found = checked("toapis", variant(Toapis, secret="of-this-test")())
    assert code == 0
    assert found["callback.callback.callback-signed"]["verdict"] == "conforms"


def test_who_was_not_set_up_to_call_back_is_not_accused() -> None:
    """ToAPIs presumes an address on the key: neither a refusal nor silence is a fault of the server's."""
    for server in (
        variant(Toapis, called_states=()),
        variant(Toapis, good_callback=lambda s, url: url is None),
    ):
        code, found = checked("toapis", server())
        assert tried(found) == set()
        assert found["callback.callback.sent"]["reason"] == "needs: callback"
        assert code == 0


def test_a_tunnel_that_leads_nowhere_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = checked(
        "apipod",
        variant(Apipod, called_states=())(),
        *["--callback-url", "http://127.0.0.1:9/hooks", "--callback-port", "18931"],
    )
    assert tried(found) == set()
    assert "does the tunnel lead to --callback-port?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--callback-url", "https://hooks.example"], "--callback-url needs --callback-port"),
        (["--callback-port", "8900"], "need --base-url"),
        (["--callback-url", "hooks.example"], "expected an http or https URL"),
        (["--callback-port", "70000"], "expected a port from 1 to 65535"),
    ],
)
def test_a_flag_that_would_be_ignored_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "apipod", *words]) == 2
    assert said in capsys.readouterr().err
