"""What was observed of what the documents leave open: as JSON, as text, and against an earlier time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.reporting.text import BLANK, Line, Span, amount, line, plural
from conformance.results.observed import OBSERVED_FORMAT, Observed, Unanswered

__all__ = ["changes_since", "observed_json", "observed_lines"]

_SIMULATED = "seen at a simulator, made from the contract: it says nothing about the vendor"
_SEEN = "observed, not documented: seen once, on one day, and promised by nobody"


def changes_since(observed: Observed, earlier: Mapping[str, Any]) -> list[dict[str, str]]:
    """What an earlier file answers otherwise, in its order; "" where only one of them answers."""
    before = {fact["id"]: fact["answer"] for fact in earlier["facts"]}
    now = {fact.id: fact.answer for fact in observed.facts}
    return [
        {"id": name, "before": before.get(name, ""), "now": now.get(name, "")}
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    ]


def observed_json(
    observed: Observed, *, changes: Sequence[Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """What `probe` writes; its schema is `schemas/probe.schema.json`."""
    return {
        "format": OBSERVED_FORMAT,
        "vendor": observed.vendor,
        "contract_digest": observed.contract_digest,
        "target": {"kind": observed.target.kind, "base_url": observed.target.base_url},
        "simulated": _is_simulated(observed),
        "started": observed.started,
        "tool": observed.tool,
        "record": observed.record,
        "requests": observed.requests,
        "billed": observed.billed,
        "cost": {"amount": observed.cost.amount, "unit": observed.cost.unit},
        "facts": [
            {
                "id": fact.id,
                "about": fact.about,
                "question": fact.question,
                "answer": fact.answer,
                "evidence": list(fact.evidence),
                "billed": fact.billed,
                "cost": fact.cost,
            }
            for fact in observed.facts
        ],
        "unanswered": [
            {"id": u.id, "about": u.about, "question": u.question, "why": u.why}
            for u in observed.unanswered
        ],
        **({} if changes is None else {"changes": [dict(change) for change in changes]}),
    }


def observed_lines(
    observed: Observed,
    *,
    file: str,
    changes: Sequence[Mapping[str, str]] | None = None,
    verbose: bool = False,
) -> Iterator[Line]:
    """What a person reads: the answers, what changed, and what stays open."""
    target = observed.target.base_url or "embedded simulator"
    spent = amount(observed.cost.amount, observed.cost.unit)
    yield line(Span(observed.vendor, "bold"), f"  {target}")
    yield line(_SIMULATED if _is_simulated(observed) else _SEEN, indent=2)
    yield line(
        f"sent {plural(observed.requests, 'request')},"
        f" {plural(observed.billed, 'billed creation')}, {spent}",
        indent=2,
    )
    for note in observed.notes:
        yield line(Span(note, "yellow"), indent=2, hang=2)
    yield BLANK
    yield line(Span(f"ANSWERED ({len(observed.facts)})", "bold"), indent=2)
    for fact in observed.facts:
        yield line(Span(fact.answer, "green"), f"  {fact.about}: {fact.question}", indent=4, hang=4)
        shown = ", ".join(fact.evidence[:4])
        cost = amount(fact.cost, observed.cost.unit) if fact.billed else "nothing"
        yield line(Span(f"{fact.id}, exchange {shown}, cost {cost}", "dim"), indent=8, hang=2)
    yield BLANK
    yield from _open(observed.unanswered, verbose=verbose)
    if changes is not None:
        yield BLANK
        yield from _changes(changes)
    yield BLANK
    yield line(f"written to {file}", indent=2)
    yield line(f"record     {observed.record}", indent=2)


def _is_simulated(observed: Observed) -> bool:
    return observed.target.kind == "simulator"


def _open(unanswered: Sequence[Unanswered], *, verbose: bool) -> Iterator[Line]:
    yield line(Span(f"STILL OPEN ({len(unanswered)})", "bold"), indent=2)
    for why, number in Counter(one.why for one in unanswered).most_common():
        yield line(f"{number:>4}  {why}", indent=2, hang=6)
        for one in unanswered if verbose else ():
            if one.why == why:
                yield line(f"{one.about}: {one.question}", indent=10, hang=2)


def _changes(changes: Sequence[Mapping[str, str]]) -> Iterator[Line]:
    yield line(Span(f"CHANGED ({len(changes)})", "bold"), indent=2)
    for change in changes:
        before, now = change["before"] or "not answered", change["now"] or "not answered"
        yield line(f"{change['id']}: {before}, now {now}", indent=4, hang=4)
