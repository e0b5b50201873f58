"""How does a contract become test items, and what does an item say about its clause?"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.loading import load_contract
from conformance.contract.picking import picks
from conformance.errors import ConformanceError
from conformance.testing.session import Course

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.outcome import RunResult
    from conformance.testing.running import Ran

__all__ = ["ClauseItem", "ContractFile", "Inconclusive", "Places", "Violated", "costs_of"]

_UNUSABLE = "the target cannot be judged"
"""The reason that `check` gives for the clauses of a target that could not be asked."""
_CUT = " tried"
_COUNTING = {"must": ("must", "disputed"), "implied": ("must", "disputed", "implied")}


class Violated(Exception):
    """A clause is violated: a finding about the vendor, told without a traceback."""


class Inconclusive(Exception):
    """Nobody knows whether a clause is kept, which is not a pass."""


class ContractFile(pytest.File):
    """A contract, collected."""

    contract: Contract
    result: RunResult | None = None
    """What the record amounts to, once a violation is told with its evidence."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each clause, in contract order."""
        try:
            self.contract = load_contract(shown_path(self))
        except ConformanceError as error:
            raise self.CollectError(str(error)) from error
        costs = costs_of(self.contract)
        for clause in derive_clauses(self.contract):
            yield ClauseItem.from_parent(
                self, name=clause.id, clause=clause, cost=costs.get(clause.id, "free")
            )


def shown_path(node: pytest.File) -> str:
    """The file as the person gave it: from the folder that pytest was started in, where it is there."""
    start = node.config.invocation_params.dir
    return str(node.path.relative_to(start) if node.path.is_relative_to(start) else node.path)


def costs_of(contract: Contract) -> dict[str, str]:
    """
    What trying each clause takes: `paid` creations of its own, or nothing beyond what every run sends (`free`).

    One that no run can try is `none`.
    """
    from conformance.planning.plan import make_plan

    found = {c.id: "none" if c.untestable else "free" for c in derive_clauses(contract)}
    plan = make_plan(contract, with_clock=True, callbacks="sure")
    free = {w.clause for case in plan.cases if not case.billed for w in case.witnesses}
    paid = {w.clause for case in plan.cases if case.billed for w in case.witnesses}
    return found | dict.fromkeys(paid - free, "paid")


class ClauseItem(pytest.Item):
    """One clause: passes where it conforms, is skipped where it was not tried, and fails elsewhere."""

    def __init__(self, *, clause: Clause, cost: str, **more: Any) -> None:
        super().__init__(**more)
        self.clause = clause
        self.cost = cost
        kind = clause.kind.replace("-", "_")
        for word in (f"level_{clause.level}", f"kind_{kind}", f"cost_{cost}"):
            self.add_marker(word)
        self.add_marker(pytest.mark.clause(level=clause.level, kind=clause.kind, cost=cost))
        if self.config.pluginmanager.hasplugin("timeout"):
            # The first item of a contract waits for the whole run, which has limits of its own.
            self.add_marker(pytest.mark.timeout(0))
        self.user_properties += [
            ("level", clause.level),
            ("kind", clause.kind),
            ("cost", cost),
            *(("source", source.url) for source in clause.sources),
        ]

    def runtest(self) -> None:
        """Look up what the run of this contract concluded; the first item has it run."""
        file = self.parent
        assert isinstance(file, ContractFile)  # nobody else makes such items
        ran = self.config.stash[Course.KEY].ran(file, file.contract)
        found = ran.clauses.get(self.clause.id)
        if found is None or found["reason"] == _UNUSABLE:
            raise Inconclusive(ran.problem or "the run says nothing about this clause")
        self._conclude(found, ran, file)

    def _conclude(self, found: Mapping[str, Any], ran: Ran, file: ContractFile) -> None:
        said = ": ".join(filter(None, [found["reason"], found["message"]]))
        match found["verdict"]:
            case "untested":
                pytest.skip(said)
            case "inconclusive" if found["reason"].endswith(_CUT):
                pytest.skip(f"cut by the cap: {said}")
            case "inconclusive":
                raise Inconclusive(said)
            case "violates":
                self._expect_known(ran, said)
                fail_on = self.config.getoption("conformance_fail_on") or "any"
                if self.clause.level not in _COUNTING.get(fail_on, _COUNTING["implied"]):
                    pytest.xfail(f"violated, which --conformance-fail-on leaves aside: {said}")
                raise Violated(evidence(self.clause, ran, file))
        if ran.problem:
            raise Inconclusive(ran.problem)
        passing = (k for k in ran.known if k["state"] == "begun to pass")
        if any(picks(known["clause"], self.clause.id) for known in passing):
            raise Inconclusive(
                "a known deviation that conforms by now: take it out of the baseline"
            )

    def _expect_known(self, ran: Ran, said: str) -> None:
        """Leave with an expected failure where the baseline knows of the violation."""
        for known in ran.known:
            if known["state"] == "known" and self.clause.id in known["violated"]:
                why = f"{known['reason']} ({known['owner']}, until {known['expires']})"
                pytest.xfail(f"known: {why}: {said}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Findings in words; whatever is a fault of this program keeps its traceback."""
        error = excinfo.value
        if isinstance(error, Violated):
            return str(error)
        if isinstance(error, Inconclusive):
            return f"{self.clause.id} is not decided\n\n{error}"
        if isinstance(error, ConformanceError):
            return str(error)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it stands."""
        return self.path, None, self.clause.id


class Places:
    """Has skipped clauses stand in their contract, and not in this file."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The report, with the place of a skip corrected."""
        report = yield
        file = item.parent
        if isinstance(file, ContractFile) and report.skipped and isinstance(report.longrepr, tuple):
            *_, reason = report.longrepr
            report.longrepr = (shown_path(file), None, reason)  # type: ignore[assignment]  # as pytest prints it
        return report


def evidence(clause: Clause, ran: Ran, file: ContractFile) -> str:
    """What was promised and seen, where it stands, and the request that shows it."""
    from conformance.reporting.summary import judged
    from conformance.reporting.terminal import violation_lines
    from conformance.reporting.text import printable, render
    from conformance.run.check import rejudge
    from conformance.run.journal import read_record

    told = f"{clause.id} is violated ({clause.level})"
    if "record" not in ran.vendor:
        # A replay: what was sent and received is on its cassette.
        said = ran.clauses[clause.id]
        pages = [
            f"  source      {s['document']}, {s['section']}, {s['url']}" for s in said["source"]
        ]
        promised = f"  promised    {clause.statement}"
        return "\n".join(
            [told, "", promised, f"  seen        {printable(said['message'])}", *pages]
        )
    if file.result is None:
        file.result = rejudge(read_record(Path(ran.vendor["record"])), file.contract)
    pair = next(pair for pair in judged(file.result) if pair.clause.id == clause.id)
    lines = render(violation_lines(pair, file.result)).rstrip()
    return f"{told}\n\n{lines}"
