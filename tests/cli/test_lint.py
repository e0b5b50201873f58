"""What `conformance lint` says and which exit code it leaves."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from tests.contract.toys import raw


def schema_of(command: str) -> Any:
    text = files("conformance.reporting").joinpath(f"schemas/{command}.schema.json")
    return json.loads(text.read_text("utf-8"))


@pytest.fixture
def unused(tmp_path: Path) -> Path:
    """A contract with a document that nothing rests on."""
    described = raw()
    described["documents"]["other"] = described["documents"]["page"]
    path = tmp_path / "acme.yaml"
    path.write_text(json.dumps(described, indent=1), "utf-8")
    return path


def test_the_contracts_in_the_package_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint"]) == 0
    assert capsys.readouterr().out.count("no fault in the") == 5


def test_a_fault_of_the_transcription_is_exit_1_with_its_place(
    unused: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = unused.read_text("utf-8").splitlines().index('  "other": {') + 1
    assert main(["lint", str(unused)]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert f"{unused}:{line}:3: found the document 'other' that no source names" in out
    assert "[unused-document]" in out


def test_a_file_that_is_no_contract_is_exit_3_and_the_others_are_still_read(
    tmp_path: Path, unused: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("vendor: x\nvendor: y\n")
    assert main(["lint", str(bad), str(unused), "--json", "-"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert said["contracts"][0]["invalid"]["line"] == 2
    assert said["contracts"][1]["vendor"] == "acme"
    assert said["summary"] == {"invalid": 1, "contract": 1, "vendor": 0}


def test_an_export_and_its_workflow_hold_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described, workflow = tmp_path / "apipod.openapi.yaml", tmp_path / "apipod.arazzo.yaml"
    assert main(["export", "apipod", "--format", "openapi", "--yaml", str(described)]) == 0
    assert main(["export", "apipod", "--format", "arazzo", "--yaml", str(workflow)]) == 0
    assert main(["lint", str(described), str(workflow)]) == 0
    assert " ".join(capsys.readouterr().out.split()).count("no fault") == 2


def test_a_fault_in_a_workflow_is_exit_1_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described, workflow = tmp_path / "apipod.openapi.json", tmp_path / "w.yaml"
    main(["export", "apipod", "--format", "openapi", "--json", str(described)])
    main(["export", "apipod", "--format", "arazzo", "--source", described.name, "--yaml", "-"])
    text = capsys.readouterr().out.replace("operationId: status", "operationId: statsu")
    workflow.write_text(text, "utf-8")
    line = text[: text.index("statsu")].count("\n") + 1
    assert main(["lint", str(workflow), "--json", "-"]) == 1
    said = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema_of("lint")).validate(said)
    finding = said["exports"][0]["findings"][0]
    assert (finding["rule"], finding["line"]) == ("operation-unknown", line)
    assert "did you mean 'status'" in finding["message"]


def test_a_document_in_a_page_is_read_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# API\n\n```yaml\nopenapi: 3.1.0\npaths: {/a: {get: {}}}\n```\n", "utf-8")
    assert main(["lint", str(page)]) == 1
    assert f"{page}:5:14: found no replies" in " ".join(capsys.readouterr().out.split())


def test_an_unknown_vendor_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "aigptimge"]) == 2
    assert "did you mean 'aigptimage'?" in capsys.readouterr().err
