"""What the commands write is what the published schemas say."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.cli.main import COMMANDS, main
from conformance.contract.loading import contract_names
from conformance.reporting.summary import run_json
from tests.reporting.results import AIGPTIMAGE, GPTIMAGE2API, result_of, with_verdicts


def schema(command: str) -> Any:
    text = files("conformance.reporting").joinpath(f"schemas/{command}.schema.json")
    return json.loads(text.read_text("utf-8"))


def refuse_invalid(document: Any, command: str) -> None:
    errors = [e.message for e in Draft202012Validator(schema(command)).iter_errors(document)]
    assert errors == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_schemas_are_schemas(command: str) -> None:
    Draft202012Validator.check_schema(schema(command))


@pytest.mark.parametrize(
    "words",
    [
        ["vendors"],
        ["clauses"],
        ["compare"],
        ["compare", "toapis", "tests/suite/toys/disputes.yaml"],
        ["lint"],
        ["explain", "toapis.create.size.enum"],
        ["explain", "aigptimage.create.reply.code"],
        ["explain", "apimart.result.expiry"],
        ["explain", "gptimage2api.create."],
        ["import", "docs/examples/lumen.openapi.yaml"],
        *(["plan", name] for name in contract_names()),
        *(["clauses", name] for name in contract_names()),
        *(["export", name, "--format", "openapi"] for name in contract_names()),
        *(["export", name, "--format", "arazzo"] for name in contract_names()),
        *(["export", name, "--format", "jsonschema"] for name in contract_names()),
    ],
    ids=" ".join,
)
def test_what_a_command_writes_is_valid(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json", "-"]) == 0
    refuse_invalid(json.loads(capsys.readouterr().out), words[0])


@given(
    st.lists(
        st.sampled_from(["conforms", "violates", "inconclusive", "untested"]),
        min_size=1,
        max_size=60,
    )
)
def test_every_run_is_valid(words: list[str]) -> None:
    runs = [with_verdicts(result_of(vendor), words) for vendor in (AIGPTIMAGE, GPTIMAGE2API)]
    refuse_invalid(run_json(runs), "check")


def test_what_mutate_writes_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["mutate", "aigptimage", "--only", "*.resolution.*", "--json", "-"]
    assert main(words) in (0, 1)
    written = json.loads(capsys.readouterr().out)
    assert written["mutants"] > 0
    refuse_invalid(written, "mutate")


def test_an_undecided_clause_without_a_reason_is_invalid() -> None:
    document = run_json([with_verdicts(result_of(), ["untested"])])
    document["vendors"][0]["clauses"][0]["reason"] = ""
    assert not Draft202012Validator(schema("check")).is_valid(document)
