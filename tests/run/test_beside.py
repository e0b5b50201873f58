"""What plain vcrpy recorded is judged as far as it goes, and the vendor is not accused of what its client did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import vcr
from vcr.request import Request as VcrRequest

from conformance.results.outcome import RunResult
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import replayed_target
from conformance.wire.cassettes import read_cassette
from tests.run.toy import PNG, toy

KEY = "sk-of-somebody-else-123456"
SITE = "https://toy.example"

Said = tuple[str, str, Any, int, Any]


def recorded(folder: Path, *said: Said) -> Path:
    """A cassette as vcrpy writes it: method, path, body, status and answer of each exchange."""
    path = folder / "mine.yaml"
    held = vcr.cassette.Cassette(str(path))
    for method, where, body, status, answer in said:
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {KEY}", "User-Agent": "mine", "X-Trace": "1"}
        kind = "image/png" if isinstance(answer, bytes) else "application/json"
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        reply = {
            "status": {"code": status, "message": "OK"},
            "headers": {"Content-Type": [kind]},
            "body": {"string": raw},
        }
        held.append(VcrRequest(method, SITE + where, sent, headers), reply)
    held._save(force=True)
    return path


def judged(path: Path, **options: Any) -> RunResult:
    return run_check(toy(), replayed_target(toy(), read_cassette(path)), RunOptions(**options))


CREATE: Said = ("POST", "/tasks", {"prompt": "mine", "size": "m"}, 200, {"id": "t9", "cost": 2})
QUEUED: Said = ("GET", "/tasks/t9", None, 200, {"state": "queued"})
DONE: Said = ("GET", "/tasks/t9", None, 200, {"state": "done", "urls": [f"{SITE}/pictures/9.png"]})
FETCHED: Said = ("GET", "/pictures/9.png", None, 200, PNG)


def test_a_conversation_of_somebody_else_is_judged(tmp_path: Path) -> None:
    result = judged(recorded(tmp_path, CREATE, QUEUED, DONE, FETCHED))

    verdicts = {v.clause: v.verdict for v in result.verdicts}
    assert verdicts["toy.create.reply.id"] == "conforms"
    assert verdicts["toy.status.reply.state"] == "conforms"
    assert "violates" not in verdicts.values()
    assert "4 of the 4 recorded exchanges were judged" in result.notes
    assert result.notes[0].startswith("replayed: recorded by another program")
    assert result.replayed is not None
    assert result.replayed.kind == ""


@pytest.mark.parametrize(
    ("said", "clause"),
    [
        (((*CREATE[:4], {"id": 9, "cost": 2}),), "toy.create.reply.id"),
        ((CREATE, (*QUEUED[:4], {"state": "sleeping"})), "toy.status.state"),
    ],
)
def test_what_the_vendor_did_wrong_is_found(
    said: tuple[Said, ...], clause: str, tmp_path: Path
) -> None:
    result = judged(recorded(tmp_path, *said))
    broken = [v.clause for v in result.verdicts if v.verdict == "violates"]
    assert len(broken) == 1
    assert broken[0].startswith(clause)


def test_what_the_client_did_wrong_accuses_nobody(tmp_path: Path) -> None:
    wrong: Said = ("POST", "/tasks", {"prompt": "mine", "size": "xxl"}, 400, {"error": "bad"})
    result = judged(recorded(tmp_path, wrong))

    assert [v.clause for v in result.verdicts if v.verdict == "violates"] == []
    assert any("e0001 breaks toy.create.size.enum" in note for note in result.notes)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 429, 500])
def test_a_refusal_of_a_valid_request_accuses_nobody(status: int, tmp_path: Path) -> None:
    result = judged(recorded(tmp_path, (*CREATE[:3], status, {"error": "no"})))
    assert [v.clause for v in result.verdicts if v.verdict == "violates"] == []


def test_what_is_no_documented_operation_is_not_judged(tmp_path: Path) -> None:
    other: Said = ("GET", "/about", None, 200, {"any": "thing"})
    result = judged(recorded(tmp_path, CREATE, other))
    assert any("1 of the 2" in note and "e0002" in note for note in result.notes)


def test_the_plan_takes_what_is_there_by_chance(tmp_path: Path) -> None:
    """A creation without its status: what follows stays open, and nobody is accused."""
    result = judged(recorded(tmp_path, CREATE))
    assert [v.clause for v in result.verdicts if v.verdict == "violates"] == []
    assert result.requests == 1


def test_the_key_of_somebody_else_is_not_kept(tmp_path: Path) -> None:
    echo: Said = (*CREATE[:4], {"id": "t9", "cost": 2, "you": f"sent {KEY}"})
    result = judged(recorded(tmp_path, echo, QUEUED, DONE, FETCHED), output=tmp_path)
    text = Path(result.record_path).read_text("utf-8")
    assert KEY not in text + repr(result.missed) + repr(result.notes)
    assert "sent [redacted:key]" in text
