from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli.main import main
from tests.contract.toys import raw

KNOWN = "aigptimage.create.rule.auto-only-1k"


def out_of(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["explain", *words]) == 0
    return capsys.readouterr().out


def test_a_clause_is_explained_whatever_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(KNOWN.upper(), capsys=capsys)
    assert text.startswith(f"{KNOWN}\n")
    assert "refuses auto × 2K" in text
    assert "$AIGPTIMAGE_API_KEY" in text
    assert f"conformance check aigptimage --only {KNOWN}" in text


def test_the_request_that_is_shown_is_the_one_that_would_be_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = json.loads(out_of(KNOWN, "--json", "-", capsys=capsys))
    (clause,) = document["clauses"]
    lines = {v: case["curl"] for case in clause["tests"]["cases"] for v in case["values"]}
    assert '"aspect_ratio":"auto","resolution":"2K"' in lines["refuses auto × 2K"]
    assert "https://aigptimage.com/api/v1/jobs/createTask" in lines["refuses auto × 2K"]


def test_a_status_query_names_no_task_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert "TASK_ID" in out_of("aigptimage.status.auth", capsys=capsys)


def test_a_prefix_lists_what_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of("toapis.create.size.", capsys=capsys)
    assert "toapis.create.size.enum" in text
    assert "Left open nearby" in text


def test_an_unknown_clause_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "aigptimage.create.rule.auto-only-2k"]) == 2
    assert f"did you mean {KNOWN}" in capsys.readouterr().err


def test_a_contract_of_ones_own_is_named_by_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(json.dumps(raw()), encoding="utf-8")
    text = out_of("acme.create.prompt.required", "--contract", str(path), capsys=capsys)
    assert "prompt is required." in text
