"""
What does a run say, in numbers and as JSON?

Everything is counted from `judged`, which has each clause of the contract exactly once, so that conforms, violates,
inconclusive and untested add up to all clauses in every view.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Source
from conformance.reporting.found import found_json
from conformance.reporting.obligations import as_word
from conformance.results.cases import Cost
from conformance.results.outcome import Latency, RunResult
from conformance.results.replayed import replayed_document
from conformance.results.verdicts import Verdict

__all__ = [
    "NO_REASON",
    "NO_VERDICT",
    "RUN_FORMAT",
    "Counts",
    "Judged",
    "clause_json",
    "cost_json",
    "count",
    "is_undecided",
    "judged",
    "run_json",
    "sources_json",
]

RUN_FORMAT = "conformance/run@1"

_CUT_BY_CAP = re.compile(r"cap|\d+ of \d+ tried")
"""The reasons of clauses that the user's own cap kept from being tried, wholly or in part."""

NO_VERDICT = "no verdict was reached: a fault of this program"
NO_REASON = "no reason was given: a fault of this program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One clause and what the run concluded about it."""

    clause: Clause
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many clauses there are of each verdict."""

    conforms: int = 0
    violates: int = 0
    inconclusive: int = 0
    untested: int = 0

    @property
    def clauses(self) -> int:
        """All clauses."""
        return self.tried + self.untested

    @property
    def tried(self) -> int:
        """The clauses that were tried: all but the untested."""
        return self.conforms + self.violates + self.inconclusive

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            conforms=self.conforms + other.conforms,
            violates=self.violates + other.violates,
            inconclusive=self.inconclusive + other.inconclusive,
            untested=self.untested + other.untested,
        )


def judged(result: RunResult) -> tuple[Judged, ...]:
    """Every clause of the contract, in contract order, with its verdict; one without any is inconclusive. Then those beside it."""
    verdicts = {verdict.clause: verdict for verdict in result.verdicts}
    return tuple(
        Judged(
            clause=clause,
            verdict=verdicts.get(clause.id)
            or Verdict(clause=clause.id, verdict="inconclusive", reason=NO_VERDICT),
        )
        for clause in (*derive_clauses(result.contract), *result.beside)
    )


def count(pairs: Iterable[Judged]) -> Counts:
    """How many there are of each verdict."""
    found = {"conforms": 0, "violates": 0, "inconclusive": 0, "untested": 0}
    for pair in pairs:
        found[pair.verdict.verdict] += 1
    return Counts(**found)


def is_undecided(pair: Judged) -> bool:
    """Whether it was tried without an outcome, for another reason than the user's own cap."""
    return pair.verdict.verdict == "inconclusive" and not _CUT_BY_CAP.fullmatch(pair.verdict.reason)


def run_json(results: Sequence[RunResult]) -> dict[str, Any]:
    """What `check --json` writes; its schema is `schemas/check.schema.json`."""
    total = sum((count(judged(result)) for result in results), Counts())
    return {
        "format": RUN_FORMAT,
        "vendors": [_vendor_json(result) for result in results],
        "summary": {
            "conforms": total.conforms,
            "violates": total.violates,
            "inconclusive": total.inconclusive,
            "untested": total.untested,
        },
    }


def _vendor_json(result: RunResult) -> Mapping[str, Any]:
    measured = {each.phase: _latency_json(each) for each in result.latencies}
    latency = {"latency": measured} if measured else {}
    # The record of a replay is named for the day of the replay, and the same cassette gives the same bytes.
    named = result.record_path if result.replayed is None else ""
    record = {"record": named} if named else {}
    given_up = {"given_up": [*map(as_word, result.given_up)]} if result.given_up else {}
    return {
        "vendor": result.contract.vendor,
        "target": {"kind": result.target.kind, "base_url": result.target.base_url},
        "requests": result.requests,
        "billed": result.billed,
        "cost": cost_json(result.cost),
        "seconds": round(result.seconds, 3),
        "clauses": [clause_json(pair) for pair in judged(result)],
        "found": found_json(result),
        **record,
        **given_up,
        **latency,
        **_cassette_json(result),
    }


def _cassette_json(result: RunResult) -> Mapping[str, Any]:
    told = result.replayed
    if told is None:
        return {}
    said = {
        **replayed_document(told),
        "evidence": told.is_evidence,
        "notice": told.sentence,
        "missed": list(result.missed),
    }
    return {"cassette": said}


def _latency_json(latency: Latency) -> dict[str, Any]:
    values = (latency.least, latency.most, latency.p50, latency.p90, latency.p99)
    names = ("min", "max", "p50", "p90", "p99")
    rounded = {n: None if v is None else round(v, 3) for n, v in zip(names, values, strict=True)}
    return {"n": latency.n, **rounded}


def clause_json(pair: Judged) -> Mapping[str, Any]:
    """One clause and its verdict, as every run tells it."""
    clause, verdict = pair.clause, pair.verdict
    decided = verdict.verdict in ("conforms", "violates")
    return {
        "id": clause.id,
        "operation": clause.operation,
        "subject": clause.subject,
        "kind": clause.kind,
        "level": clause.level,
        "verdict": verdict.verdict,
        "reason": verdict.reason or ("" if decided else NO_REASON),
        "message": verdict.message,
        "source": sources_json(clause.sources),
        "follows": verdict.follows,
        "exchanges": list(verdict.exchanges),
    }


def cost_json(cost: Cost) -> dict[str, Any]:
    """An amount and its unit, which is empty where the contract has no price."""
    return {"amount": round(cost.amount, 6), "unit": cost.unit}


def sources_json(sources: Iterable[Source]) -> list[dict[str, str]]:
    """Where a statement stands: the documents' ids, addresses and sections."""
    return [{"document": s.document, "url": s.url, "section": s.section} for s in sources]
