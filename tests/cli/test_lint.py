"""What `conformance lint` says and which exit code it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli.main import main
from tests.contract.toys import raw


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


def test_an_unknown_vendor_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "aigptimge"]) == 2
    assert "did you mean 'aigptimage'?" in capsys.readouterr().err
