"""`probe`, driven as a user drives it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.contract.loading import contract_names, load_contract
from conformance.run.journal import read_record
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving

QUICK = ["--poll-interval", "0.02", "--poll-delay", "0.02"]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in contract_names():
        monkeypatch.setenv(load_contract(name).key_variable, "test-key")


def probed(*words: str) -> tuple[int, Any]:
    code = main(["probe", *words, "--json", "out.json"])
    return code, json.loads(Path("out.json").read_text())


def answers(document: Any) -> dict[str, str]:
    return {fact["id"]: fact["answer"] for fact in document["facts"]}


@pytest.mark.parametrize("vendor", contract_names())
def test_every_vendor_can_be_probed(vendor: str) -> None:
    code, document = probed(vendor)
    schema = files("conformance.reporting").joinpath("schemas/probe.schema.json").read_text()
    Draft202012Validator(json.loads(schema)).validate(document)
    assert code == 0
    assert document["simulated"] is True
    written = next(Path("reports/observed").glob(f"{vendor}-*.json"))
    assert json.loads(written.read_text()) == document
    asked = {q.probe.name for q in load_contract(vendor).questions if q.probe}
    assert asked <= answers(document).keys()
    ids = [f["id"] for f in document["facts"]] + [u["id"] for u in document["unanswered"]]
    assert len(ids) == len(set(ids))


def test_an_answer_leads_to_its_evidence() -> None:
    _, document = probed("gptimage2api")
    record = read_record(Path(document["record"]))
    for fact in document["facts"]:
        assert fact["evidence"]
        assert record.exchanges.keys() >= set(fact["evidence"])
    assert (
        sum(f["billed"] for f in document["facts"]) < document["billed"]
    )  # the plain one is shared


def test_a_server_is_asked_the_same_as_the_simulator() -> None:
    _, plain = probed("aigptimage")
    app = simulate(load_contract("aigptimage"), clock=RealClock(200))
    with serving({"aigptimage": app}) as urls:
        _, served = probed("aigptimage", "--base-url", urls["aigptimage"], *QUICK)
    assert served["simulated"] is False
    assert answers(served) == answers(plain)
    assert served["target"] == {"kind": "url", "base_url": urls["aigptimage"]}


def test_the_cap_is_kept_and_what_it_cut_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = probed("gptimage2api", "--max-billed", "0")
    assert (code, document["billed"]) == (0, 0) if document["facts"] else (5, 0)
    cut = [u for u in document["unanswered"] if "cap" in u["why"]]
    assert {"several-pictures", "delivered"} <= {u["id"] for u in cut}
    _, document = probed("gptimage2api", "--max-billed", "2")
    assert document["billed"] == 2
    assert "the cap kept it from being asked" in capsys.readouterr().out


def test_what_changed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _, first = probed("gptimage2api")
    earlier = {**first, "facts": [{**f} for f in first["facts"]]}
    earlier["facts"][0]["answer"] = "accepted, 1 picture"
    Path("old.json").write_text(json.dumps(earlier))
    _, again = probed("gptimage2api", "--since", "old.json")
    name = first["facts"][0]["id"]
    assert again["changes"] == [
        {"id": name, "before": "accepted, 1 picture", "now": first["facts"][0]["answer"]}
    ]
    assert f"{name}: accepted, 1 picture, now" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("{", 3, "is not JSON"),
        ("{}", 3, "expected a file that `conformance probe` wrote"),
        ('{"format": "conformance/observed@1", "vendor": "x", "facts": [1]}', 3, "its facts"),
        ('{"format": "conformance/observed@1", "vendor": "x", "facts": []}', 2, "is about x"),
    ],
)
def test_an_earlier_file_that_is_none(
    text: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("old.json").write_text(text)
    assert main(["probe", "toapis", "--since", "old.json"]) == code
    assert said in capsys.readouterr().err


def test_elsewhere_nothing_is_paid_for_unasked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a question is put: there is nothing to consent to but what is free."""
    assert main(["probe", "toapis", "--base-url", "https://api.example.invalid", "--yes"]) == 4
    said = capsys.readouterr().err
    assert "nothing is paid for without --max-billed or --budget" in said
    assert "at worst 0 paid creations" in said


def test_a_server_that_is_down_is_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "toapis", "--base-url", "http://127.0.0.1:9"]) == 4
    assert "cannot be reached" in capsys.readouterr().err
