"""
No secret reaches anything that is kept or shown, whatever a server does with it.

The hostile server knows the key and the webhook secret, gives out cookies and URLs that are signed, and repeats all of
them wherever it can, in every usual encoding.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conformance.cli.main import main
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.errors import NoReply, TargetUnusable
from conformance.reporting.summary import run_json
from conformance.reporting.terminal import report_lines
from conformance.reporting.text import render
from conformance.results.events import Event
from conformance.results.outcome import RunResult
from conformance.run.check import run_check
from conformance.run.options import RunOptions, recorded_options
from conformance.run.targets import Endpoint, embedded_target, replayed_target
from conformance.wire.cassettes import read_cassette, write_cassette
from conformance.wire.exchange import Reply, Request
from conformance.wire.recordings import Cassette
from conformance.wire.redaction import Redactor

VENDOR = "toapis"
SECRET_VARIABLE = "TOAPIS_WEBHOOK_SECRET"  # the name of a variable

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: quote("".join(f"%{byte:02x}" for byte in text.encode())),
    "json escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, one off": lambda text: base64.b64encode(b"x" + text.encode()).decode(),
    "base64, two off": lambda text: base64.urlsafe_b64encode(b"xy" + text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "basic": lambda text: "Basic " + base64.b64encode(f"user:{text}".encode()).decode(),
    "bearer": lambda text: f"Bearer {text}",
    "url": lambda text: f"https://cdn.example/a.png?x=1&X-Amz-Signature={text}&y=2",
    "url in json": lambda text: f"https:\\/\\/cdn.example\\/a.png?sig={text}\\u0026y=2",
    "url in a url": lambda text: quote(f"https://a.example/?token={text}&b=1", safe=""),
    "user of a url": lambda text: f"https://me:{text}@cdn.example/a.png",
}


def traces_of(canary: str) -> Iterator[str]:
    """All that a canary may look like."""
    raw = canary.encode()
    yield canary
    yield raw.hex()
    yield "".join(f"%{byte:02x}" for byte in raw)
    yield "".join(f"\\u{byte:04x}" for byte in raw)
    yield "".join(f"\\\\u{byte:04x}" for byte in raw)
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + raw).decode()
        yield encoded[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]


@dataclass
class Hostile:
    """A server that keeps its contract, and besides says every secret that it knows."""

    inner: Any
    known: dict[str, str]
    given_out: str
    encoding: str
    also_as: str = "plain"
    broken: str = ""

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
        asked = replace(request, url=request.url.partition("?X-Amz")[0])
        if "/elsewhere/" in request.url:
            asked = replace(asked, url=asked.url.replace("/elsewhere/", "/"))
        elif self.broken == "redirects" and ".png" in request.url:
            there = request.url.replace("://", "://").replace("/_results", "/elsewhere/_results")
            return Reply(status=302, headers=(("Location", there), *self.headers()))
        reply: Reply = await self.inner.send(
            asked, timeout_s=timeout_s, max_body_bytes=max_body_bytes
        )
        if self.broken == "no json":
            return Reply(
                status=200,
                headers=(("Content-Type", self.said()), *self.headers()),
                body=self.said().encode(),
            )
        if self.broken == "resets" and request.method == "POST":
            raise NoReply(f"reset while saying {self.known['key']}", kind="reset")
        headers = (*reply.headers, *self.headers())
        return replace(reply, headers=headers, body=self.body(reply, request))

    def said(self) -> str:
        every = (*self.known.values(), self.given_out)
        return " ".join(
            (*map(ENCODINGS[self.encoding], every), *map(ENCODINGS[self.also_as], every))
        )

    def headers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Set-Cookie", f"session={self.given_out}; Path=/; HttpOnly"),
            ("X-Echo", self.said().replace("\\", "/")),
            ("X-Session-Token", self.given_out),
            ("Link", f"<https://cdn.example/?sig={self.given_out}>; rel=next"),
        )

    def body(self, reply: Reply, request: Request) -> bytes:
        body = reply.body.replace(b'.png"', f'.png?X-Amz-Signature={self.given_out}&b=1"'.encode())
        body = body.replace(b'.png\\"', f'.png?X-Amz-Signature={self.given_out}&b=1\\"'.encode())
        if not body.startswith(b"{"):
            return body
        said = json.dumps(self.said()).replace("\\\\", "\\")
        return b'{"echo": %b, "and": %b, %b' % (
            said.encode(),
            json.dumps(f"SignatureDoesNotMatch: {self.given_out}").encode(),
            body[1:],
        )

    async def aclose(self) -> None:
        pass


@dataclass
class Kept:
    """Everything that a run leaves behind."""

    texts: dict[str, str] = field(default_factory=dict)
    result: RunResult | None = None
    cassette: Cassette | None = None
    events: list[Event] = field(default_factory=list)


def hostile(contract: Contract, **how: Any) -> Endpoint:
    known = how["known"]
    target = embedded_target(contract, key=known["key"])
    return replace(target, transport=Hostile(target.transport, **how))


def run(folder: Path, target: Endpoint, **options: Any) -> Kept:
    kept = Kept()
    contract = load_contract(VENDOR)

    def keep(cassette: Cassette) -> None:
        kept.cassette = cassette

    given = RunOptions(**({"output": folder, "only": "*create*"} | options))
    try:
        kept.result = run_check(contract, target, given, on_event=kept.events.append, keep=keep)
    except TargetUnusable as error:
        kept.texts["exception"] = "".join(traceback.format_exception(error))
    for path in (folder / "records").iterdir():
        kept.texts["record"] = path.read_text("utf-8")
    if kept.result is not None and kept.cassette is not None:
        # Not looked for once more: what the run took away is all that is taken away.
        write_cassette(folder / "one.yaml", kept.cassette, redactor=Redactor({}, by_shape=False))
        kept.texts["cassette"] = (folder / "one.yaml").read_text("utf-8")
        kept.texts["json"] = json.dumps(run_json([kept.result]))
        lines = report_lines([kept.result], verbose=True)
        kept.texts["terminal"] = render(lines, width=400, colour=False)
    kept.texts["events"] = repr([e for e in kept.events if type(e).__name__ == "Note"])
    return kept


def leaks(texts: dict[str, str], canaries: dict[str, str]) -> list[str]:
    return [
        f"{name} in {where}: {trace}"
        for where, text in texts.items()
        for name, canary in canaries.items()
        for trace in traces_of(canary)
        if trace in text or trace.lower() in text.lower()
    ]


canaries = st.from_regex(r"[A-Za-z][0-9][A-Za-z0-9]{22,30}", fullmatch=True)


@settings(max_examples=12, phases=[Phase.generate])  # to shrink runs would take minutes
@given(
    key=canaries,
    secret=canaries,
    given_out=canaries,
    encoding=st.sampled_from([*ENCODINGS]),
    also_as=st.sampled_from([*ENCODINGS]),
    broken=st.sampled_from(["", "", "", "redirects", "no json", "resets"]),
)
def test_no_canary_is_left_anywhere(
    key: str,
    secret: str,
    given_out: str,
    encoding: str,
    also_as: str,
    broken: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("secrets")
    known = {"key": f"sk-{key}", "secret": secret}
    contract = load_contract(VENDOR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_VARIABLE, secret)
        target = hostile(
            contract,
            known=known,
            given_out=given_out,
            encoding=encoding,
            also_as=also_as,
            broken=broken,
        )
        kept = run(folder, target)
    assert leaks(kept.texts, {**known, "given out": given_out}) == []
    assert "redacted" in kept.texts["record"]


def test_taking_away_changes_no_verdict(tmp_path: Path) -> None:
    """The pictures at signed URLs are still fetched, and a replay finds them again."""
    contract = load_contract(VENDOR)
    known = {"key": "sk-9f1c2b3a4d5e6f708192", "secret": "w4ebhook0secret0canary"}
    target = hostile(contract, known=known, given_out="Zz9Signature0Canary0123", encoding="base64")
    plain = run(tmp_path / "plain", embedded_target(contract), only="").result

    kept = run(tmp_path / "hostile", target, only="")

    assert kept.result is not None
    assert plain is not None
    told = [(v.clause, v.verdict, v.reason) for v in kept.result.verdicts]
    assert told == [(v.clause, v.verdict, v.reason) for v in plain.verdicts]
    downloads = [e for e in kept.result.exchanges.values() if e.phase == "download"]
    assert all("?X-Amz-Signature=redacted-" in e.request.url for e in downloads)
    assert all(e.picture is not None and e.picture.problem is None for e in downloads)

    cassette = read_cassette(tmp_path / "hostile" / "one.yaml")
    assert cassette.run is not None
    options = recorded_options(cassette.run.options, seed=0, output=None)
    again = run_check(contract, replayed_target(contract, cassette), options)
    assert again.verdicts == kept.result.verdicts
    assert again.missed == ()


def test_the_address_of_a_reference_image_may_be_signed(tmp_path: Path) -> None:
    contract = load_contract("aigptimage")
    url = (
        "https://images.example/a.png?X-Goog-Signature=f00dcafe0123456789abcdef&Expires=1795000000"
    )
    kept: list[Cassette] = []
    options = RunOptions(output=tmp_path, image_urls=(url,))
    result = run_check(contract, embedded_target(contract), options, keep=kept.append)
    write_cassette(tmp_path / "one.yaml", kept[0], redactor=Redactor({}))

    (record,) = (tmp_path / "records").iterdir()
    texts = {
        "record": record.read_text("utf-8"),
        "cassette": (tmp_path / "one.yaml").read_text("utf-8"),
        "json": json.dumps(run_json([result])),
    }
    assert leaks(texts, {"signature": "f00dcafe0123456789abcdef"}) == []
    assert all("Expires=1795000000" in text for name, text in texts.items() if name != "json")

    cassette = read_cassette(tmp_path / "one.yaml")
    assert cassette.run is not None
    again = run_check(
        contract,
        replayed_target(contract, cassette),
        recorded_options(cassette.run.options, seed=0, output=None),
    )
    assert again.verdicts == result.verdicts


SIGNED = "Zz9SignatureCanary0123456789"


class Giving(BaseHTTPRequestHandler):
    """Gives out a cookie and a signed URL with every reply."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"url": f"https://cdn.example/a.png?sig={SIGNED}"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", f"session={SIGNED}")
        self.send_header("Location", f"https://cdn.example/?X-Amz-Signature={SIGNED}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_nothing_reaches_a_log_or_the_terminal(
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Over a socket httpcore would log the headers of each reply, and the command prints what it found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOAPIS_API_KEY", "sk-9f1c2b3a4d5e6f708192")
    caplog.set_level(logging.DEBUG)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Giving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        main(["check", VENDOR, "--base-url", url, "--only", "*auth*", "--poll-interval", "0.01"])
    finally:
        server.shutdown()
        server.server_close()
    out, err = capfd.readouterr()
    (record,) = Path("reports/records").iterdir()
    texts = {"stdout": out, "stderr": err, "log": caplog.text, "record": record.read_text("utf-8")}
    assert leaks(texts, {"given out": SIGNED, "key": "sk-9f1c2b3a4d5e6f708192"}) == []
    assert "toapis" in out
