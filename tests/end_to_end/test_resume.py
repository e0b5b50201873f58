"""`check --resume`: what it goes on with, what it refuses, and that kills cost nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kills import SCENARIOS, kills_of
from conformance.cli.main import main
from conformance.contract.loading import load_contract
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving

VENDOR = "gptimage2api"
ONLY = "*.prompt.type"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = simulate(load_contract(VENDOR), clock=RealClock(100), key="test-key")
    with serving({VENDOR: app}) as urls:
        yield urls[VENDOR]


@pytest.fixture
def finished(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record of a run that came to its end."""
    monkeypatch.setenv("GPTIMAGE2API_API_KEY", "test-key")
    monkeypatch.chdir(tmp_path)
    given = ["check", VENDOR, "--base-url", url, "--only", ONLY, "--seed", "3"]
    pace = ["--poll-interval", "0.02", "--poll-delay", "0.02", "--json", "first.json"]
    assert main([*given, *pace]) == 0
    (record,) = (tmp_path / "reports" / "records").glob("*.jsonl")
    return record


def verdicts(file: str) -> list[object]:
    return [
        (c["id"], c["verdict"], c["reason"], c["message"])
        for v in json.loads(Path(file).read_text())["vendors"]
        for c in v["clauses"]
    ]


def stopped(record: Path, *, lines: int) -> None:
    """As if the process had died before it wrote what follows."""
    record.write_bytes(b"".join(record.read_bytes().splitlines(keepends=True)[:lines]))


def test_a_finished_record_is_judged_again_and_nothing_is_sent(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = finished.read_bytes()

    assert main(["check", "--resume", str(finished), "--json", "again.json"]) == 0

    assert "is finished: nothing was sent, it was judged again" in capsys.readouterr().err
    assert finished.read_bytes() == before
    assert verdicts("again.json") == verdicts("first.json")


def test_a_stopped_run_goes_on_to_the_same_verdicts(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = finished.read_bytes().splitlines()
    answered = [n for n, line in enumerate(lines) if line.startswith(b'{"line":"answered"')]
    stopped(finished, lines=answered[len(answered) // 2] + 1)
    with finished.open("ab") as file:
        file.write(b'{"line":"asked","id":"e0')

    assert main(["check", VENDOR, "--resume", str(finished), "--json", "again.json"]) == 0

    said = capsys.readouterr()
    assert "the last line of the record was cut off (24 bytes) and is left out" in said.err
    assert "the last line of the record was cut off" in said.out
    assert verdicts("again.json") == verdicts("first.json")
    assert main(["check", "--resume", str(finished)]) == 0
    assert "is finished" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--seed", "4"], "--seed 4 contradicts"),
        (["--seed=4"], "whose run has 3; leave it out"),
        (["--only", "*"], "--only * contradicts"),
        (["--max-billed", "3"], "whose run has none; leave it out"),
        (["--strength", "2"], "--strength 2 contradicts"),
        (["--output", "elsewhere"], "--output has no place beside --resume"),
        (["--base-url", "http://127.0.0.1:1"], "--base-url http://127.0.0.1:1 contradicts"),
        (["--live"], "--live contradicts"),
        (["aigptimage"], "is a record of gptimage2api, not of aigptimage"),
        (["aigptimage", "toapis"], "of one vendor, found several"),
    ],
)
def test_what_contradicts_the_record_is_refused(
    finished: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = finished.read_bytes()
    capsys.readouterr()

    assert main(["check", "--resume", str(finished), *words]) == 2

    assert told in capsys.readouterr().err
    assert finished.read_bytes() == before


def test_another_edition_of_the_contract_is_refused(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = load_contract(VENDOR).digest.encode()
    finished.write_bytes(finished.read_bytes().replace(digest, b"0" * len(digest), 1))

    assert main(["check", "--resume", str(finished)]) == 2
    assert "was made by another edition of the contract" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (None, 2, "there is no record"),
        (b"", 3, "before it asked anything"),
        (b"nonsense\n", 3, "found no JSON"),
    ],
)
def test_what_is_no_record_is_said_to_be_none(
    tmp_path: Path,
    data: bytes | None,
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = tmp_path / "r.jsonl"
    if data is not None:
        record.write_bytes(data)

    assert main(["check", "--resume", str(record)]) == code
    assert told in capsys.readouterr().err


def test_a_self_test_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its simulator ended with the process, and it costs nothing."""
    monkeypatch.chdir(tmp_path)
    assert main(["check", VENDOR, "--only", ONLY, "--json", "first.json"]) == 0
    (record,) = (tmp_path / "reports" / "records").glob("*.jsonl")
    stopped(record, lines=30)

    assert main(["check", "--resume", str(record), "--json", "again.json"]) == 0

    assert "of a simulator that ended with its process" in capsys.readouterr().err
    assert verdicts("again.json") == verdicts("first.json")
    assert len(list(record.parent.glob("*.jsonl"))) == 2


def test_kills_cost_nothing_and_lose_nothing() -> None:
    """A sample of `python -m benchmarks kills`."""
    found = kills_of(SCENARIOS[1], runs=2)

    assert found.kills >= 2
    assert found.is_good, found
