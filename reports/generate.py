"""
Write what is published in this folder, from the contracts and the committed cassettes: nothing is sent to anybody.

    python reports/generate.py             in an environment with the package and its extra `report`
    python reports/generate.py FOLDER      into another folder

The same contracts and cassettes give the same bytes on every day and every machine; a test holds what is committed
against that. Run it after a contract or a cassette has changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.cli.check_cassettes import replay_options
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
from conformance.run.options import RunOptions
from conformance.run.targets import replayed_target
from conformance.wire.cassettes import read_cassette

HERE = Path(__file__).parent
CASSETTES = HERE.parent / "cassettes"


def main(folder: Path = HERE) -> None:
    """Write every file."""
    contracts = [load_contract(name) for name in contract_names()]
    results = [self_test(contract) for contract in contracts]
    comparison = compare(contracts, results)
    write(folder / "comparison/index.html", draw_page(contracts, results))
    write(folder / "comparison/comparison.md", compare_markdown(comparison))
    write(folder / "comparison/comparison.json", as_text(compare_json(comparison)))
    write(folder / "self-test/self-test.md", run_markdown(results))
    write(folder / "self-test/self-test.json", as_text(run_json(results)))


def self_test(contract: Contract) -> RunResult:
    """The recorded run against the vendor's simulator, replayed as on the day of its recording."""
    name = f"{contract.vendor}/simulator.yaml"
    cassette = read_cassette(CASSETTES / name, shown_as=f"cassettes/{name}")
    return run_check(
        contract,
        replayed_target(contract, cassette),
        replay_options(cassette, RunOptions(output=None)),
        now=datetime.fromisoformat(cassette.date).replace(tzinfo=UTC),
    )


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
