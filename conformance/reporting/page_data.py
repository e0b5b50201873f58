"""What does the script of the page know: every cell, clause and exchange, as plain data?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.comparing.migrating import Example, Move, moves
from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract, Source
from conformance.reporting.compare_view import answer_words
from conformance.reporting.page_evidence import Evidence
from conformance.reporting.page_text import lines_of, link, shortened
from conformance.reporting.summary import Judged, judged
from conformance.reporting.text import printable
from conformance.results.comparison import Cell, Comparison, Seen
from conformance.results.outcome import RunResult

__all__ = ["MOST_MOVING", "page_data"]

MOST_MOVING = 12
"""Vendors of which every pair is told: the number of pairs grows with the square."""

_LONG = 700


@dataclass(slots=True)
class _Sources:
    """Places in documents, each told once."""

    contracts: Sequence[Contract]
    told: list[dict[str, str]] = field(default_factory=list)
    place: dict[tuple[str, Source], int] = field(default_factory=dict)

    def places(self, vendor: str, sources: Sequence[Source]) -> list[int]:
        return [self._of(vendor, source) for source in sources]

    def _of(self, vendor: str, source: Source) -> int:
        found = self.place.get((vendor, source))
        if found is None:
            found = self.place[vendor, source] = len(self.told)
            self.told.append(
                {
                    "document": printable(self._title(vendor, source.document)),
                    "section": printable(source.section),
                    "url": link(source.url),
                }
            )
        return found

    def _title(self, vendor: str, name: str) -> str:
        documents = (d for c in self.contracts if c.vendor == vendor for d in c.documents)
        return next((d.title for d in documents if d.id == name), name)


def page_data(
    comparison: Comparison, contracts: Sequence[Contract], results: Sequence[RunResult]
) -> dict[str, Any]:
    """Everything that opens; only texts, numbers and places in lists, all of it fit to be shown."""
    sources = _Sources(contracts)
    runs = [(result, judged(result)) for result in results]
    evidence = Evidence.of(runs)
    cells = {
        f"{row.id}@{cell.vendor}": _cell(row.question, cell, sources)
        for row in comparison.every
        for cell in row.cells
    }
    clauses = [
        clause for contract in contracts for clause in _clauses(contract, runs, evidence, sources)
    ]
    pairs = list(moves(contracts, comparison)) if len(contracts) <= MOST_MOVING else []
    return {
        "vendors": [printable(contract.vendor) for contract in contracts],
        "runs": [
            {
                "vendor": run.vendor,
                "truth": run.truth,
                "asked": printable(run.asked),
                "date": run.date,
            }
            for run in comparison.runs
        ],
        "cells": cells,
        "clauses": clauses,
        "exchanges": evidence.told,
        "left_out": evidence.left_out,
        "sources": sources.told,
        "moves": {f"{move.before}>{move.after}": _move(move) for move in pairs},
    }


def _cell(question: str, cell: Cell, sources: _Sources) -> dict[str, Any]:
    return {
        "asks": printable(question),
        "vendor": printable(cell.vendor),
        "state": cell.state,
        "answers": [
            {
                "says": printable(answer_words(cell, answer)),
                "clauses": list(answer.clauses),
                "at": sources.places(cell.vendor, answer.sources),
            }
            for answer in cell.answers
        ],
        "open": [
            {
                "says": printable(f"{question.about}: {question.question}"),
                "at": sources.places(cell.vendor, question.sources),
            }
            for question in cell.questions
        ],
        "seen": [_seen(seen) for seen in (*cell.observed, *cell.simulated)],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {"run": seen.run, "value": printable(seen.value), "n": seen.n}


def _clauses(
    contract: Contract,
    runs: Sequence[tuple[RunResult, Sequence[Judged]]],
    evidence: Evidence,
    sources: _Sources,
) -> list[dict[str, Any]]:
    """Every clause of the contract, then those that only another edition has, by which a record was judged."""
    clauses = {clause.id: clause for clause in derive_clauses(contract)}
    concluded: dict[str, list[dict[str, Any]]] = {}
    clauses = {clause.id: clause for clause in derive_clauses(contract)}
    for number, (result, pairs) in enumerate(runs):
        if result.contract.vendor == contract.vendor:
            clauses |= {clause.id: clause for clause in result.beside}
            for pair in pairs:
                clauses.setdefault(pair.clause.id, pair.clause)
                concluded.setdefault(pair.clause.id, []).append(_verdict(number, pair, evidence))
    return [
        {
            "id": printable(clause.id),
            "vendor": contract.vendor,
            "kind": clause.kind,
            "operation": printable(clause.operation),
            "level": clause.level,
            "says": shortened(lines_of(clause.statement), _LONG),
            "at": sources.places(contract.vendor, clause.sources),
            "found": concluded.get(clause.id, []),
        }
        for clause in clauses.values()
    ]


def _verdict(run: int, pair: Judged, evidence: Evidence) -> dict[str, Any]:
    verdict = pair.verdict
    told: dict[str, Any] = {"run": run, "is": verdict.verdict}
    if verdict.reason:
        told["why"] = printable(verdict.reason)
    if verdict.message:
        told["message"] = shortened(lines_of(verdict.message), _LONG)
    if verdict.follows:
        told["follows"] = printable(verdict.follows)
    if verdict.exchanges:
        told["shown"] = evidence.places(run, verdict.exchanges)
        told["n"] = len(verdict.exchanges)
    return told


# --- moving ---


def _move(move: Move) -> dict[str, Any]:
    return {
        "examples": [_example(example) for example in move.examples],
        "changes": [
            {
                "about": printable(change.about),
                "effect": change.effect,
                "before": printable(change.before),
                "after": printable(change.after),
                "says": printable(change.says),
            }
            for change in move.changes
        ],
        "costs": [
            {"tier": cost.tier, "before": cost.before, "after": cost.after, "effect": cost.effect}
            for cost in move.costs
        ],
    }


def _example(example: Example) -> dict[str, Any]:
    after = example.after
    return {
        "title": example.title,
        "before": {"line": printable(example.before.line), "body": example.before.body},
        "after": {"line": printable(after.line), "body": after.body} if after else None,
        "as": [f"{dispute}: {name}" for dispute, name in after.dialect] if after else [],
        "dropped": list(map(printable, example.dropped)),
    }
