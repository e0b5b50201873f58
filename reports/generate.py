"""
Write what is published in this folder, from the contracts alone: nothing is sent to anybody.

    python reports/generate.py             in an environment with the package and its extra `report`
    python reports/generate.py FOLDER      into another folder

The same contracts give the same bytes on every day and every machine; a test holds what is committed against that. Run
it after a contract, or what a check asks or concludes, has changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.comparing.compare import compare
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract
from conformance.reporting.compare_markdown import compare_markdown
from conformance.reporting.compare_view import compare_json
from conformance.reporting.page import draw_page
from conformance.reporting.run_markdown import run_markdown
from conformance.reporting.summary import run_json
from conformance.results.outcome import RunResult
from conformance.run.check import run_check
from conformance.run.targets import embedded_target

HERE = Path(__file__).parent
SELF_TEST = "Self-test of the simulators: simulated, no evidence about any vendor"


def main(folder: Path = HERE) -> None:
    """Write every file."""
    contracts = [load_contract(name) for name in contract_names()]
    results = [self_test(contract) for contract in contracts]
    comparison = compare(contracts, results)
    write(folder / "comparison/index.html", draw_page(contracts, results))
    write(folder / "comparison/comparison.md", compare_markdown(comparison))
    write(folder / "comparison/comparison.json", as_text(compare_json(comparison)))
    write(folder / "self-test/self-test.md", f"# {SELF_TEST}\n\n{run_markdown(results)}")
    write(folder / "self-test/self-test.json", as_text(run_json(results)))


def self_test(contract: Contract) -> RunResult:
    """A run against the simulator in this program. It has no date: on every day it is the same."""
    return replace(run_check(contract, embedded_target(contract)), started="")


def as_text(document: Mapping[str, Any]) -> str:
    """JSON with a line for each value, so that a change of one is a change of its line."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def write(path: Path, text: str) -> None:
    """One file, with the same line ends everywhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
    print(f"wrote {path} ({path.stat().st_size // 1024} KiB)")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
