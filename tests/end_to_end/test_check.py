"""`check`, driven as a user drives it: nothing is made up but the vendor."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.contract.loading import contract_names, load_contract
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.posting import LoopbackPost
from conformance.simulator.serve import serving

REASONS = ("binds the client", "cannot be provoked", "not observable", "no meter", "needs: ")
QUICK = ["--poll-interval", "0.02", "--poll-delay", "0.02"]
VENDORS = contract_names()


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Records and JSON go to a folder of the test; every vendor has the simulators' key."""
    monkeypatch.chdir(tmp_path)
    for name in VENDORS:
        monkeypatch.setenv(load_contract(name).key_variable, "test-key")


@contextmanager
def served(vendor: str, **how: Any) -> Iterator[str]:
    app = simulate(load_contract(vendor), clock=RealClock(200), deliver=LoopbackPost(), **how)
    with serving({vendor: app}) as urls:
        yield urls[vendor]


def called_back() -> list[str]:
    """An address for callbacks that the user vouches for."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return ["--callback-url", f"http://127.0.0.1:{port}/hooks", "--callback-port", str(port)]


def checked(*words: str) -> tuple[int, Any]:
    """The exit code, and what was written as JSON."""
    code = main(["check", *words, "--json", "out.json"])
    return code, json.loads(Path("out.json").read_text())


def verdicts(document: Any) -> dict[str, str]:
    return {c["id"]: c["verdict"] for vendor in document["vendors"] for c in vendor["clauses"]}


def test_the_self_test_accuses_nobody_and_leaves_out_only_what_it_may() -> None:
    code, document = checked()
    schema = json.loads(
        files("conformance.reporting").joinpath("schemas/check.schema.json").read_text("utf-8")
    )
    Draft202012Validator(schema).validate(document)
    assert [c for c, verdict in verdicts(document).items() if verdict == "violates"] == []
    assert [c for c, verdict in verdicts(document).items() if verdict == "inconclusive"] == []
    untested = [
        c["reason"]
        for vendor in document["vendors"]
        for c in vendor["clauses"]
        if c["verdict"] == "untested"
    ]
    assert [reason for reason in untested if not reason.startswith(REASONS)] == []
    assert code == 0


def test_the_report_begins_with_what_kind_of_run_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("self-test: no vendor was contacted\n")
    assert all(f"\n{vendor} " in out for vendor in VENDORS)
    assert err == ""


@pytest.mark.parametrize("vendor", VENDORS)
def test_over_http_the_verdicts_are_the_same_as_in_process(vendor: str) -> None:
    _, inside = checked(vendor)
    needs_clock = {
        c["id"]
        for c in inside["vendors"][0]["clauses"]
        if c["kind"] == "expiry"  # tried in process only, where the clock is ours
    }
    with served(vendor) as url:
        code, outside = checked(vendor, "--base-url", url, *QUICK, *called_back())
    differ = {
        name: (verdicts(inside)[name], verdict)
        for name, verdict in verdicts(outside).items()
        if verdicts(inside)[name] != verdict and name not in needs_clock
    }
    assert differ == {}
    assert code == 0
    assert outside["vendors"][0]["target"] == {"kind": "url", "base_url": url}


def test_a_broken_promise_is_shown_with_all_that_one_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with served("gptimage2api", deviations=["charge-off-by-one"]) as url:
        code, document = checked("gptimage2api", "--base-url", url, *QUICK)
    assert code == 1
    broken = [c for c, verdict in verdicts(document).items() if verdict == "violates"]
    assert broken
    assert all(".charge." in name for name in broken)
    out = capsys.readouterr().out
    assert "VIOLATES" in out
    assert "creditsUsed" in out
    assert f"curl -sS '{url}/api/ai/image/generate'" in out
    assert '"Authorization: Bearer $GPTIMAGE2API_API_KEY"' in out
    assert "https://gptimage2api.org/" in out


def test_a_server_that_accepts_everything_is_accused_within_the_cap() -> None:
    with served("aigptimage", deviations=["accept-everything"]) as url:
        code, document = checked("aigptimage", "--base-url", url, *QUICK, "--max-billed", "12")
    assert code == 1
    assert document["vendors"][0]["billed"] <= 12


def test_the_record_has_what_was_sent_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-very-secret-0123456789")
    with served("aigptimage", key="sk-very-secret-0123456789") as url:
        code, _ = checked(
            "aigptimage", "--base-url", url, *QUICK, "--only", "*.resolution.*", "--output", "kept"
        )
    assert code == 0
    (record,) = Path("kept/records").glob("aigptimage-*.jsonl")
    text = record.read_text()
    assert "/api/v1/jobs/createTask" in text
    assert "sk-very-secret" not in text


# --- targets that cannot be judged ---


class Web(BaseHTTPRequestHandler):
    """A web site, and no API."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        page = b"<html><body>Hello\x1b[2J</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = answer  # noqa: N815  # the names are the library's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the same
        pass


@contextmanager
def web_site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_is_down_is_4_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "aigptimage", "--base-url", "http://127.0.0.1:9"]) == 4
    err = capsys.readouterr().err
    assert "http://127.0.0.1:9 cannot be reached" in err
    assert err.count("\n") == 1


def test_a_web_site_is_4_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with web_site() as url:
        assert main(["check", "aigptimage", "--base-url", url, *QUICK]) == 4
    out, err = capsys.readouterr()
    assert "never answered a creation with JSON" in err
    assert "\x1b" not in out + err


def test_a_refused_key_is_4_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-another-key")
    with served("aigptimage") as url:
        code, document = checked("aigptimage", "--base-url", url, *QUICK)
    assert code == 4
    assert set(verdicts(document).values()) == {"untested"}
    err = capsys.readouterr().err
    assert "refuses the key throughout" in err
    assert "sk-another-key" not in err


@pytest.mark.parametrize(("flag", "limit"), [("--max-billed", 3), ("--budget", 20)])
def test_a_cap_is_kept_and_what_it_gave_up_is_named(
    flag: str, limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = checked("aigptimage", flag, str(limit))
    vendor = document["vendors"][0]
    schema = json.loads(
        files("conformance.reporting").joinpath("schemas/check.schema.json").read_text("utf-8")
    )
    Draft202012Validator(schema).validate(document)
    assert code == 0
    spent = {"--max-billed": vendor["billed"], "--budget": vendor["cost"]["amount"]}
    assert 0 < spent[flag] <= limit
    assert "aigptimage.create.input.resolution.enum=4K" in vendor["given_up"]
    heading = f"OBLIGATIONS THAT THE CAP KEPT FROM BEING TRIED ({len(vendor['given_up'])})"
    assert heading in capsys.readouterr().out


def test_a_cap_that_cuts_nothing_gives_nothing_up(capsys: pytest.CaptureFixture[str]) -> None:
    _, document = checked("toapis", "--max-billed", "200")
    assert "given_up" not in document["vendors"][0]
    assert "KEPT FROM BEING TRIED" not in capsys.readouterr().out
