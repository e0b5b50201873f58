"""
The same broken servers, asked by Schemathesis and by us: `python -m benchmarks.race [--vendors ...] [--each N]`.

Schemathesis gets the OpenAPI document that `conformance export` makes of the contract, in the dialect that the
server speaks, with the key, with links from creation to status, all checks and all phases, and its defaults
elsewhere. Requests and paid creations are counted at the server, for both in the same way. What it reports of the
faithful server counts as a false alarm; a mutant is noticed where it reports what it does not report there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from conformance.compilers.openapi import openapi
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract
from conformance.contract.resolution import settle
from conformance.mutation.mutants import Mutant
from conformance.mutation.operators import mutants_of
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import url_target
from conformance.simulator.app import Simulator, simulate
from conformance.simulator.choices import derive_choices
from conformance.simulator.clock import RealClock
from conformance.simulator.serve import serving

KEY = "test-key"
SPEED = 100
"""Tasks take a hundredth of the time; Schemathesis does not wait for any, and nobody shall wait for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """What one tool did with one server."""

    found: frozenset[str]
    requests: int
    billed: int
    seconds: float


class Counted:
    """A simulator that counts what it is asked."""

    def __init__(self, app: Simulator) -> None:
        self.app = app
        self.requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests += scope["type"] == "http"
        await self.app(scope, receive, send)


@contextmanager
def served(contract: Contract, mutant: Mutant | None, choices: Mapping[str, str]) -> Iterator[Any]:
    """A server, broken or not, with its counter."""
    app = simulate(
        contract,
        clock=RealClock(SPEED),
        choices=mutant.choices if mutant else choices,
        deviations=mutant.deviations if mutant else (),
        faults=mutant.faults if mutant else (),
        key=KEY,
    )
    counted = Counted(app)
    with serving({contract.vendor: counted}) as urls:  # type: ignore[dict-item]  # an ASGI app all the same
        yield urls[contract.vendor], counted


def ours(contract: Contract, mutant: Mutant | None, choices: Mapping[str, str]) -> Lap:
    """`conformance check` at its defaults."""
    with served(contract, mutant, choices) as (url, counted):
        start = time.perf_counter()
        options = RunOptions(poll_interval_s=0.03, poll_delay_s=0.0)
        result = run_check(contract, url_target(url, KEY), options)
        seconds = time.perf_counter() - start
        found = {v.clause for v in result.verdicts if v.verdict == "violates"}
        return Lap(
            found=frozenset(found),
            requests=counted.requests,
            billed=counted.app.creations,
            seconds=seconds,
        )


def theirs(contract: Contract, mutant: Mutant | None, choices: Mapping[str, str]) -> Lap:
    """Schemathesis with all checks and phases, and what its users would give it."""
    spoken = mutant.choices if mutant else choices
    disputes = {d.name for d in contract.disputes}
    dialect = {name: value for name, value in spoken.items() if name in disputes}
    document = openapi(settle(contract, dialect), dialect)
    with (
        served(contract, mutant, choices) as (url, counted),
        tempfile.TemporaryDirectory() as folder,
    ):
        (Path(folder) / "openapi.json").write_text(json.dumps(document))
        start = time.perf_counter()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", "--url", url),
                *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
                *("--seed", "1", "--report", "json", "--report-json-path", "report.json"),
                *_credentials(contract),
            ],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=1800,
            env={**os.environ, "NO_COLOR": "1"},
        )
        seconds = time.perf_counter() - start
        report = Path(folder) / "report.json"
        if not report.exists():
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        return Lap(
            found=frozenset(_failures(json.loads(report.read_text()))),
            requests=counted.requests,
            billed=counted.app.creations,
            seconds=seconds,
        )


def _credentials(contract: Contract) -> list[str]:
    scheme = next(s for s in contract.auth if s.location == "header")
    return ["--header", f"{scheme.parameter}: {scheme.prefix}{KEY}"]


def _failures(report: Mapping[str, Any]) -> Iterator[str]:
    """Each type of failure at each operation, however often it was seen."""
    for failure in report["failures"]:
        for operation in failure["operations"]:
            yield f"{failure['type']} {operation}"


def spread(mutants: Iterable[Mutant], each: int) -> list[Mutant]:
    """So many of each kind, evenly over those that there are."""
    found = []
    of_kind = sorted((m for m in mutants if not m.permitted), key=lambda m: m.kind)
    for _, group in groupby(of_kind, key=lambda m: m.kind):
        listed = list(group)
        step = max(1, len(listed) // each)
        found += listed[step // 2 :: step][:each]
    return found


def choice_rows(contract: Contract, many: int) -> list[dict[str, str]]:
    """So many permitted ways of answering, the default first, then one choice at a time, evenly over all."""
    single = [
        {choice.name: alternative}
        for choice in derive_choices(contract)
        for alternative in choice.alternatives[1:]
    ]
    step = max(1, len(single) // max(1, many - 1))
    return [{}, *single[::step]][:many]


@dataclass(slots=True, kw_only=True)
class Score:
    """What one tool did in the whole race."""

    killed: dict[str, int] = field(default_factory=dict)
    laps: list[Lap] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def cells(self, kinds: Mapping[str, int]) -> list[str]:
        """The column of one tool."""
        laps = len(self.laps) or 1
        return [
            *(f"{self.killed.get(kind, 0)} of {many}" for kind, many in kinds.items()),
            f"{sum(self.killed.values())} of {sum(kinds.values())}",
            f"{sum(lap.requests for lap in self.laps) / laps:.0f}",
            f"{sum(lap.billed for lap in self.laps) / laps:.0f}",
            f"{sum(lap.seconds for lap in self.laps) / laps:.1f}",
            str(len(self.alarms)),
        ]


def race(vendors: Iterable[str], *, each: int, rows: int) -> tuple[dict[str, int], list[Score]]:
    """How many mutants of each kind there were, and the scores: ours, theirs."""
    kinds: dict[str, int] = {}
    scores = [Score(), Score()]
    for vendor in vendors:
        contract = load_contract(vendor)
        usual: dict[tuple[int, str], frozenset[str]] = {}
        for row in choice_rows(contract, rows):
            for number, tool in enumerate((ours, theirs)):
                lap = tool(contract, None, row)
                scores[number].laps.append(lap)
                scores[number].alarms += [f"{vendor} {row}: {name}" for name in sorted(lap.found)]
                usual[number, repr(row)] = lap.found
                _tell(vendor, repr(row), number, lap)
        for mutant in spread(mutants_of(contract), each):
            kinds[mutant.kind] = kinds.get(mutant.kind, 0) + 1
            for number, tool in enumerate((ours, theirs)):
                lap = tool(contract, mutant, {})
                scores[number].laps.append(lap)
                # What is reported of the faithful server in the same way tells nothing about this one.
                if lap.found - usual[number, "{}"]:
                    killed = scores[number].killed
                    killed[mutant.kind] = killed.get(mutant.kind, 0) + 1
                _tell(vendor, mutant.name, number, lap)
    return kinds, scores


def _tell(vendor: str, what: str, number: int, lap: Lap) -> None:
    tool = ("conformance", "schemathesis")[number]
    print(f"{vendor} {what}: {tool} {sorted(lap.found)} {lap.seconds:.1f} s", file=sys.stderr)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vendors", nargs="+", default=list(contract_names()))
    parser.add_argument("--each", type=int, default=1, help="mutants of each kind and vendor")
    parser.add_argument("--rows", type=int, default=3, help="faithful servers of each vendor")
    arguments = parser.parse_args()
    kinds, scores = race(arguments.vendors, each=arguments.each, rows=arguments.rows)
    names = [
        *(f"killed: {kind}" for kind in kinds),
        "killed: all",
        "requests per server",
        "paid creations per server",
        "seconds per server",
        "false alarms on faithful servers",
    ]
    print("| | `conformance check` | Schemathesis |")
    print("|---|---|---|")
    for name, mine, other in zip(names, *(score.cells(kinds) for score in scores), strict=True):
        print(f"| {name} | {mine} | {other} |")
    for score in scores:
        for alarm in score.alarms:
            print(f"\nfalse alarm: {alarm}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
