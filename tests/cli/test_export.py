"""What `conformance export` writes, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from conformance.cli.main import main


@pytest.mark.parametrize("notation", ["openapi", "arazzo", "jsonschema"])
def test_yaml_and_json_say_the_same(notation: str, tmp_path: Path) -> None:
    words = ["export", "apipod", "--format", notation, "--source", "x.json"]
    words = words[:4] if notation != "arazzo" else words
    as_json, as_yaml = tmp_path / "a.json", tmp_path / "a.yaml"
    assert main([*words, "--json", str(as_json), "--yaml", str(as_yaml)]) == 0
    assert yaml.safe_load(as_yaml.read_text("utf-8")) == json.loads(as_json.read_text("utf-8"))


def test_a_workflow_in_yaml_names_the_document_in_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "apipod", "--format", "arazzo", "--yaml", "-"]) == 0
    said = yaml.safe_load(capsys.readouterr().out)
    assert said["sourceDescriptions"][0]["url"] == "apipod.openapi.yaml"


def test_a_source_without_a_workflow_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "apipod", "--format", "openapi", "--source", "x.json"]) == 2
    assert "--format arazzo" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named_with_its_flag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none" / "a.yaml"
    assert main(["export", "apipod", "--format", "openapi", "--yaml", str(file)]) == 2
    assert "--yaml" in capsys.readouterr().err
