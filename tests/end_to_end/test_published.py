"""What is published in `reports/` is what the contracts give today, to the byte."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

REPORTS = Path(__file__).parents[2] / "reports"
AGAIN = "write it again, from the root of the repository, with `python reports/generate.py`"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPORTS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fresh(generate: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    generate.main(folder)
    return folder


def names(folder: Path) -> set[str]:
    kept = (p for p in folder.rglob("*") if p.is_file() and p.parent != folder)
    return {
        str(p.relative_to(folder)) for p in kept if "records" not in p.parts and p.suffix != ".pyc"
    }


def test_writing_it_again_changes_no_byte(fresh: Path) -> None:
    assert names(fresh) == names(REPORTS), AGAIN
    changed = [n for n in names(fresh) if (fresh / n).read_bytes() != (REPORTS / n).read_bytes()]
    assert changed == [], AGAIN


def test_what_a_simulator_did_is_called_simulated(fresh: Path) -> None:
    page = (fresh / "comparison/index.html").read_text("utf-8")
    assert "Nothing was observed at any vendor" in page
    assert "<b>observed</b>" not in page
    told = (fresh / "self-test/self-test.md").read_text("utf-8")
    assert told.startswith("# Self-test of the simulators: simulated, no evidence about any vendor")
    run = json.loads((fresh / "self-test/self-test.json").read_text("utf-8"))
    assert {vendor["target"]["kind"] for vendor in run["vendors"]} == {"simulator"}
    assert '"observed": [\n' not in (fresh / "comparison/comparison.json").read_text("utf-8")


def test_nothing_of_the_machine_stands_in_it(fresh: Path) -> None:
    for name in names(fresh):
        text = (fresh / name).read_text("utf-8")
        assert str(Path.cwd()) not in text
        assert str(fresh) not in text


def test_the_page_of_the_five_vendors_is_below_two_megabytes(fresh: Path) -> None:
    assert (fresh / "comparison/index.html").stat().st_size < 2_000_000
