"""The committed cassettes are of today's contracts, and replaying them gives the same each time."""

from __future__ import annotations

import json
import time
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.contract.loading import load_contract
from conformance.run.staleness import clause_digests
from conformance.wire.cassettes import read_cassette
from tests.end_to_end.test_replay import COMMITTED, VENDORS, replayed

AGAIN = (
    "record them again, from the root of the repository, with `conformance check --save-cassettes`"
)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_committed_cassette_is_of_todays_contract(vendor: str) -> None:
    cassette = read_cassette(COMMITTED / vendor / "simulator.yaml")
    contract = load_contract(vendor)
    assert cassette.contract == contract.digest, AGAIN
    assert cassette.run is not None
    assert cassette.run.clauses == clause_digests(contract), AGAIN
    assert cassette.kind == "simulator"
    assert "no evidence" in cassette.label


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in COMMITTED.glob("*/simulator.yaml")) < 1_800_000


def test_all_of_them_are_replayed_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.process_time()
    code, document = replayed(name="one.json")
    took_s = time.process_time() - began
    replayed(name="two.json")

    schema = files("conformance.reporting").joinpath("schemas/check.schema.json")
    Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(document)
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()
    assert code == 0
    assert [v["vendor"] for v in document["vendors"]] == VENDORS
    assert [v["cassette"]["missed"] for v in document["vendors"]] == [[]] * len(VENDORS), AGAIN
    assert {v["cassette"]["evidence"] for v in document["vendors"]} == {False}
    assert "no evidence about any vendor" in " ".join(capsys.readouterr().out.split())
    assert took_s < 15  # 5 on a machine with nothing else to do


def test_a_replay_says_what_the_self_test_says() -> None:
    """Verdicts, messages and evidence are those of the run that was recorded."""
    main(["check", "aigptimage", "--json", "run.json"])
    _, replay = replayed("aigptimage")
    run = json.loads(Path("run.json").read_text("utf-8"))
    (before,), (after,) = run["vendors"], replay["vendors"]
    assert after["clauses"] == before["clauses"], AGAIN
    assert after["seconds"] == before["seconds"]
