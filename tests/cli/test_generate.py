"""`conformance generate`: who is asked, what it costs, what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.contract.loading import contract_names, load_contract
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving
from tests.outside.test_schemas import schema


def written(capsys: pytest.CaptureFixture[str]) -> Any:
    document = json.loads(capsys.readouterr().out)
    assert list(Draft202012Validator(schema("generate")).iter_errors(document)) == []
    return document


@pytest.mark.parametrize("vendor", contract_names())
def test_without_a_key_a_simulator_makes_it_and_that_is_said(
    vendor: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--prompt", "a cat", "--aspect-ratio", "16:9", "--out", str(tmp_path)]
    assert main(["generate", vendor, *words]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("self-test: no vendor was contacted\n")
    assert "is not set" in told.err
    assert [p.suffix for p in tmp_path.iterdir()] == [".png"]


def test_what_it_writes_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "toapis", "--prompt", "a cat", "--resolution", "2K", "--json", "-"]
    assert main([*words, "--aspect-ratio", "16:9", "--out", str(tmp_path)]) == 0
    document = written(capsys)
    assert document["target"] == "simulator"
    assert document["result"]["files"][0]["width"] == 2048
    assert document["request"]["dialect"]["sizing"] == "guide-new"


def test_a_dry_run_sends_nothing_and_needs_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "aigptimage", "--prompt", "a cat", "--resolution", "4k", "--dry-run"]
    assert main([*words, "--base-url", "http://127.0.0.1:1", "--json", "-"]) == 0
    document = written(capsys)
    assert (document["target"], document["result"]) == ("none", None)
    assert document["price"] == {"amounts": [8.0], "unit": "credits"}
    assert document["request"]["body"]["input"]["resolution"] == "4K"
    assert main(words) == 0
    assert "price     8 credits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--resolution", "2K", "--image", "https://a.example/x.png"], "Permitted: resolution 1K"),
        (["--count", "3"], "apimart, gptimage2api, toapis can"),
        (["--option", "imput.prompt=x"], "did you mean 'input.prompt'"),
        (["--dialect", "sizing=new"], "aigptimage has no dispute 'sizing'"),
        (["--base-url", "http://127.0.0.1:1"], "AIGPTIMAGE_API_KEY is not set"),
    ],
)
def test_what_cannot_be_sent_is_said(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "aigptimage", "--prompt", "a cat", *words]) == 2
    assert said in capsys.readouterr().err


def test_what_costs_money_is_asked_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-mine-0123")
    assert main(["generate", "aigptimage", "--prompt", "a cat"]) == 2
    told = capsys.readouterr().err
    assert "https://aigptimage.com is not this machine, so this costs money: 3 credits" in told
    assert "give --yes" in told


def test_a_server_is_asked_with_the_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GPTIMAGE2API_API_KEY", "sk-mine-0123")
    clock = RealClock(1000)
    app = simulate(load_contract("gptimage2api"), clock=clock, key="sk-mine-0123")
    with serving({"gptimage2api": app}) as urls:
        words = ["generate", "gptimage2api", "--prompt", "a cat", "--json", "-"]
        assert main([*words, "--base-url", urls["gptimage2api"]]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert (document["target"], document["result"]["charged"]) == ("url", 3)
    assert "sk-mine-0123" not in told.out + told.err


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [("empty-account", 1, "refused the create request with 402"), ("forbidden", 1, "403")],
)
def test_what_a_vendor_refuses_is_one_sentence(
    fault: str,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIGPTIMAGE_API_KEY", "sk-mine-0123")
    app = simulate(
        load_contract("aigptimage"), clock=RealClock(1000), key="sk-mine-0123", faults=[fault]
    )
    with serving({"aigptimage": app}) as urls:
        words = ["generate", "aigptimage", "--prompt", "a", "--base-url", urls["aigptimage"]]
        assert main(words) in (code, 4)
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
