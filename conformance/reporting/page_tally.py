"""How many clauses of each kind were found to be what, so that every sum adds up?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract
from conformance.reporting.compare_view import run_words
from conformance.reporting.summary import Counts, Judged, count, judged
from conformance.reporting.text import plural
from conformance.results.comparison import Run
from conformance.results.outcome import RunResult

__all__ = ["Kind", "Tally", "kinds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many clauses of a vendor a run found to be what; without a run only how many there are."""

    vendor: str
    run: int | None
    truth: str
    when: str
    """When, and at which kind of target, of what was observed."""
    kind: str
    total: int
    counts: Counts | None

    @property
    def bars(self) -> tuple[tuple[str, float, float], ...]:
        """Each verdict with its start and its share, in percent of all."""
        if self.counts is None or not self.total:
            return ()
        found, start = [], 0.0
        for word in ("conforms", "violates", "inconclusive", "untested"):
            share = round(100 * getattr(self.counts, word) / self.total, 2)
            if share:
                found.append((word, round(start, 2), share))
            start += share
        return tuple(found)

    @property
    def words(self) -> str:
        """The sum: every part that is not nothing, and what they add up to."""
        if self.counts is None:
            return plural(self.total, "clause")
        named = (
            ("conform", self.counts.conforms),
            ("violate", self.counts.violates),
            ("inconclusive", self.counts.inconclusive),
            ("untested", self.counts.untested),
        )
        told = [f"{number} {word}" for word, number in named if number]
        return " + ".join(told) + f" = {self.total}" if told else "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The clauses of one kind ("" for all), run by run of each vendor."""

    kind: str
    tallies: tuple[tuple[Tally, ...], ...]
    """For each vendor, in the order of the columns."""


def kinds(
    contracts: Sequence[Contract], results: Sequence[RunResult], runs: Sequence[Run]
) -> list[Kind]:
    """All clauses together, then every kind that any vendor has."""
    told = [(run, tuple(judged(result))) for run, result in zip(runs, results, strict=True)]
    names = dict.fromkeys(c.kind for contract in contracts for c in derive_clauses(contract))
    return [
        Kind(kind=kind, tallies=tuple(_tallies(contract, kind, told) for contract in contracts))
        for kind in ("", *names)
    ]


def _tallies(
    contract: Contract, kind: str, told: Iterable[tuple[Run, Sequence[Judged]]]
) -> tuple[Tally, ...]:
    total = sum(clause.kind == kind or not kind for clause in derive_clauses(contract))
    found = []
    for number, (run, pairs) in enumerate(told):
        if run.vendor == contract.vendor:
            counts = count(p for p in pairs if p.clause.kind == kind or not kind)
            found.append(
                Tally(
                    vendor=contract.vendor,
                    run=number,
                    truth=run.truth,
                    when=run_words(run) if run.truth == "observed" else "",
                    kind=kind,
                    total=counts.clauses,
                    counts=counts,
                )
            )
    if found:
        return tuple(found)
    none = Tally(
        vendor=contract.vendor, run=None, truth="", when="", kind=kind, total=total, counts=None
    )
    return (none,)
