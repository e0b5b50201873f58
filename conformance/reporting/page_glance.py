"""Which four answers does each vendor's card at the top of the page give?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.comparing.documentation import clause_levels, contradictions
from conformance.comparing.money import prices_of
from conformance.contract.model import Contract
from conformance.reporting.compare_view import run_words
from conformance.reporting.summary import Counts, Judged, count, judged
from conformance.reporting.text import amount, plural, printable
from conformance.results.comparison import Comparison, Row, Run
from conformance.results.outcome import RunResult

__all__ = ["Card", "cards"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One vendor in four answers; the numbers are what vendors are ordered by."""

    vendor: str
    title: str
    can: tuple[str, ...]
    cannot: int
    silent: int
    price: str
    usd: str
    effective: tuple[str, ...]
    observed: tuple[str, ...]
    simulated: tuple[str, ...]
    documents: str
    gaps: str
    order: Mapping[str, float]


_SHORT = {
    "text-to-image": "text to image",
    "image-to-image": "image to image",
    "pictures-per-request": "several pictures",
    "transparent-background": "transparency",
    "quality": "quality",
    "output-format": "file type",
    "base64-results": "base64 results",
    "seed": "seed",
    "negative-prompt": "negative prompt",
    "mask": "mask",
    "batch-query": "batch query",
    "upload": "upload",
    "callbacks": "callbacks",
    "callback-signature": "signed callbacks",
    "balance-query": "balance query",
    "idempotency": "idempotent creation",
}
"""Rows that can be answered with yes, and a short word for each."""


def cards(
    comparison: Comparison, contracts: Sequence[Contract], results: Sequence[RunResult]
) -> list[Card]:
    """One card for each vendor."""
    rows = {row.id: row for row in comparison.every}
    told = list(zip(comparison.runs, map(judged, results), strict=True))
    return [_card(number, contract, rows, told) for number, contract in enumerate(contracts)]


def _card(
    column: int,
    contract: Contract,
    rows: Mapping[str, Row],
    told: Sequence[tuple[Run, Sequence[Judged]]],
) -> Card:
    states = {name: rows[name].cells[column].state for name in _SHORT if name in rows}
    own = [(run, count(pairs)) for run, pairs in told if run.vendor == contract.vendor]
    levels = clause_levels(contract)
    prices = prices_of(contract)
    usd = [p.usd for p in prices if p.usd is not None]
    return Card(
        vendor=contract.vendor,
        title=printable(contract.title),
        can=tuple(_SHORT[n] for n, s in states.items() if s in ("documented", "disputed")),
        cannot=sum(s == "no" for s in states.values()),
        silent=sum(s == "not documented" for s in states.values()),
        price=_range([x for p in prices for x in (p.low, p.high)], contract.charging.unit),
        usd=_range(usd, "USD") if usd and contract.charging.unit != "USD" else "",
        effective=tuple(_effective(run) for run, _ in own if run.paid and run.truth == "observed"),
        observed=tuple(_kept(run, c) for run, c in own if run.truth == "observed"),
        simulated=tuple(_kept(run, c) for run, c in own if run.truth == "simulated"),
        documents=f"{levels.total()} statements: {levels['must']} stated,"
        f" {levels['implied']} implied, {levels['disputed']} disputed",
        gaps=f"{plural(len(contract.questions), 'open question')},"
        f" {plural(contradictions(contract), 'contradiction')}",
        order=_order(column, contract, usd, own),
    )


def _range(values: Sequence[float], unit: str) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{low:.4g} {unit}" if low == high else f"{low:.4g} to {high:.4g} {unit}"


def _kept(run: Run, counts: Counts) -> str:
    wrong = f", {counts.violates} violate" if counts.violates else ""
    return (
        f"{counts.conforms} of the {counts.tried} tried conform{wrong}; {counts.untested} of"
        f" {counts.clauses} not tried ({run_words(run)})"
    )


def _effective(run: Run) -> str:
    """What pictures were charged, by the meter in the replies."""
    told = []
    for paid in run.paid:
        each = f"{paid.amount / paid.pictures:.4g} {paid.unit} a picture" if paid.pictures else ""
        whole = f"{amount(paid.amount, paid.unit)} for {plural(paid.creations, 'creation')}"
        told.append(": ".join(filter(None, [paid.tier, each or whole])))
    return printable(f"{run.truth} {run_words(run)}: {'; '.join(told)}")


def _order(
    column: int, contract: Contract, usd: Sequence[float], own: Sequence[tuple[Run, Counts]]
) -> dict[str, float]:
    """By which vendors can be put in order, least first; what is not known comes last."""
    unknown = 1e9
    kept = [1 - c.conforms / c.tried for r, c in own if r.truth == "observed" and c.tried]
    return {
        "given": column,
        "price": min(usd) if usd else unknown,
        "kept": min(kept) if kept else unknown,
        "open": len(contract.questions),
        "contradictions": contradictions(contract),
    }
