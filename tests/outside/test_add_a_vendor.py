"""The commands of docs/add-a-vendor.md do what the page says, in a folder with the files that it names."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from conformance.cli.main import main
from conformance.notations.foreign import load_foreign
from conformance.notations.importing import import_openapi

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "add-a-vendor.md").read_text("utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.startswith("conf")]


def test_the_commands_run_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DOCS / "examples" / "lumen.openapi.yaml", tmp_path)
    (tmp_path / "finished").mkdir()
    shutil.copy(DOCS / "examples" / "lumen.yaml", tmp_path / "finished")
    monkeypatch.chdir(tmp_path)
    said = {}
    for line in commands():
        code = main(shlex.split(line)[1:])
        said[line] = code, capsys.readouterr()
        # `diff` tells with its code that there are differences.
        assert code in ((0, 1) if " diff " in line else (0,)), (line, said[line])
    imported = said["conformance import lumen.openapi.yaml --name lumen --output lumen.yaml"][1].err
    assert "security type 'bearer'" in imported
    assert "'4000' in quotes" in imported
    assert " 0 violate + 0 inconclusive" in said["conformance check finished/lumen.yaml"][1].out


def test_the_finished_contract_leaves_none_of_its_questions_open() -> None:
    skeleton = import_openapi(
        load_foreign(str(DOCS / "examples" / "lumen.openapi.yaml")), seen="2026-11-21"
    )
    finished = (DOCS / "examples" / "lumen.yaml").read_text("utf-8")
    assert len(skeleton.questions) == 6
    assert [q["question"] for q in skeleton.questions if q["question"] in finished] == []


def test_the_page_names_files_that_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
