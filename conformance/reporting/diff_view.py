"""How is a difference between two contracts, or two runs, drawn in a terminal and as JSON?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.reporting.summary import sources_json
from conformance.reporting.text import BLANK, Line, Span, Style, line, plural
from conformance.results.difference import (
    Change,
    ContractDifference,
    Edition,
    Effect,
    Move,
    Run,
    RunDifference,
)

__all__ = [
    "DIFF_FORMAT",
    "EFFECTS",
    "about_models",
    "contracts_json",
    "contracts_lines",
    "counted",
    "runs_json",
    "runs_lines",
]

DIFF_FORMAT = "conformance/diff@1"

EFFECTS: tuple[Effect, ...] = ("breaking", "widening", "neutral")

_STYLES: dict[Effect, Style] = {"breaking": "red", "widening": "green", "neutral": "dim"}

_SHOWN = 12

_SIDE = 160
"""Characters of what was and is said, before it is cut."""


def counted(effects: Sequence[Effect]) -> str:
    """`2 breaking, 1 widening, 0 neutral`."""
    return ", ".join(f"{effects.count(effect)} {effect}" for effect in EFFECTS)


def about_models(change: Change) -> str:
    """For which models, and by which page, in brackets; "" for all of both."""
    words = [", ".join(change.models)] if change.models else []
    if change.by:
        words.append(f"only {', '.join(change.by)}")
    return f" ({'; '.join(words)})" if words else ""


# --- contracts


def contracts_lines(difference: ContractDifference) -> list[Line]:
    """What the new contract says otherwise, what breaks first, operation by operation."""
    lines = [
        line(Span(difference.new.vendor, "bold"), "  what its contract says otherwise"),
        _edition("old", difference.old),
        _edition("new", difference.new),
        line(Span("pages       ", "dim"), _pages(difference), indent=2, hang=12),
        line(
            Span("changes     ", "dim"), counted([c.effect for c in difference.changes]), indent=2
        ),
    ]
    for effect in EFFECTS:
        mine = [change for change in difference.changes if change.effect == effect]
        if mine:
            lines += [
                BLANK,
                line(Span(f"{effect.upper()} ({len(mine)})", _STYLES[effect]), indent=2),
            ]
        for change in mine:
            lines += _change(change)
    return lines


def _edition(word: str, edition: Edition) -> Line:
    label = Span(f"{word:<12}", "dim")
    return line(label, f"{edition.file}  {edition.digest[:_SHOWN]}", indent=2)


def _pages(difference: ContractDifference) -> str:
    if difference.same_pages:
        return "the same, as seen on the same days: what differs is our transcription"
    return "other ones, or seen on another day"


def _change(change: Change) -> Iterator[Line]:
    where = f"{change.operation} " if change.operation else ""
    yield line(
        where,
        Span(change.subject, "bold"),
        f" {change.what}{about_models(change)}",
        Span(f"  role {change.role}", "dim") if change.role else "",
        indent=4,
        hang=2,
    )
    if change.old != change.new and (change.old or change.new):
        yield line(Span("was ", "dim"), _short(change.old) or "nothing", indent=6, hang=4)
        yield line(Span("is  ", "dim"), _short(change.new) or "nothing", indent=6, hang=4)
    if change.clauses:
        more = f" and {plural(len(change.clauses) - 3, 'more clause')}" if len(change.clauses) > 3 else ""  # fmt: skip
        yield line(Span(f"{', '.join(change.clauses[:3])}{more}", "dim"), indent=6, hang=2)


def _short(text: str) -> str:
    return text if len(text) <= _SIDE else f"{text[:_SIDE]}..."


# --- runs


def runs_lines(difference: RunDifference) -> list[Line]:
    """What the new run shows otherwise, and why."""
    moves = difference.moves
    lines = [
        line(Span(difference.vendor, "bold"), "  what its answers show otherwise"),
        _run("old", difference.old),
        _run("new", difference.new),
        line(Span("contract    ", "dim"), _contracts(difference.contracts), indent=2, hang=12),
        line(Span("changes     ", "dim"), counted([m.effect for m in moves]), indent=2),
        *(
            line(Span("note        ", "dim"), Span(n, "yellow"), indent=2, hang=12)
            for n in difference.notes
        ),
    ]
    for effect in EFFECTS:
        for cause in dict.fromkeys(m.cause for m in moves if m.effect == effect):
            mine = [m for m in moves if (m.effect, m.cause) == (effect, cause)]
            heading = f"{effect.upper()}, cause: {cause} ({len(mine)})"
            lines += [BLANK, line(Span(heading, _STYLES[effect]), indent=2)]
            for move in mine:
                lines += _move(move)
    return lines


def _run(word: str, run: Run) -> Line:
    label = Span(f"{word:<12}", "dim")
    asked = run.target.base_url or f"the embedded {run.target.kind}"
    return line(label, f"{run.record}  {asked}, {run.started[:10] or 'no date'}", indent=2, hang=12)


def _contracts(difference: ContractDifference) -> str:
    if difference.old.digest == difference.new.digest:
        return "the same"
    which = "our transcription of the same pages" if difference.same_pages else "its documents"
    return f"another edition ({which}): {counted([c.effect for c in difference.changes])}"


def _move(move: Move) -> Iterator[Line]:
    yield line(Span(move.clause, "bold"), f" {move.what}", indent=4, hang=2)
    if move.cause == "noise":
        return
    for word, said in (("was", move.old_says), ("is ", move.new_says)):
        if said:
            yield line(Span(f"{word} ", "dim"), _short(said), indent=6, hang=4)


# --- JSON


def contracts_json(difference: ContractDifference) -> dict[str, Any]:
    """What `diff --json` writes of two contracts; its schema is `schemas/diff.schema.json`."""
    return {"format": DIFF_FORMAT, "kind": "contracts", **_contracts_json(difference)}


def _contracts_json(difference: ContractDifference) -> dict[str, Any]:
    return {
        "vendor": difference.new.vendor,
        "old": _edition_json(difference.old),
        "new": _edition_json(difference.new),
        "same_pages": difference.same_pages,
        "summary": _summary([change.effect for change in difference.changes]),
        "changes": [
            {
                "effect": change.effect,
                "operation": change.operation,
                "subject": change.subject,
                "role": change.role,
                "what": change.what,
                "old": change.old,
                "new": change.new,
                "clauses": list(change.clauses),
                "models": list(change.models),
                "by": list(change.by),
                "source": sources_json(change.sources),
            }
            for change in difference.changes
        ],
    }


def _summary(effects: Sequence[Effect]) -> dict[str, int]:
    return {effect: effects.count(effect) for effect in EFFECTS}


def _edition_json(edition: Edition) -> dict[str, Any]:
    return {
        "file": edition.file,
        "digest": edition.digest,
        "documents": [
            {"id": d.id, "url": d.url, "seen": d.seen, "superseded": d.superseded}
            for d in edition.documents
        ],
    }


def runs_json(difference: RunDifference) -> dict[str, Any]:
    """What `diff --json` writes of two records; its schema is `schemas/diff.schema.json`."""
    return {
        "format": DIFF_FORMAT,
        "kind": "records",
        "vendor": difference.vendor,
        "old": _run_json(difference.old),
        "new": _run_json(difference.new),
        "summary": _summary([move.effect for move in difference.moves]),
        "notes": list(difference.notes),
        "moves": [
            {
                "effect": move.effect,
                "cause": move.cause,
                "clause": move.clause,
                "old": move.old,
                "new": move.new,
                "what": move.what,
                "old_says": move.old_says,
                "new_says": move.new_says,
                "exchanges": list(move.exchanges),
            }
            for move in difference.moves
        ],
        "contracts": _contracts_json(difference.contracts),
    }


def _run_json(run: Run) -> dict[str, Any]:
    return {
        "record": run.record,
        "target": {"kind": run.target.kind, "base_url": run.target.base_url},
        "started": run.started,
        "contract": run.contract,
    }
