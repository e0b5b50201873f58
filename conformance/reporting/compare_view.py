"""How are vendors drawn side by side, in a terminal and as JSON?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.reporting.grid import ITEM, Box, grid
from conformance.reporting.summary import cost_json, sources_json
from conformance.reporting.text import BLANK, Line, Span, Style, line, plural
from conformance.results.comparison import Answer, Cell, Comparison, Row, Run, Seen

__all__ = [
    "COMPARISON_FORMAT",
    "LEGEND",
    "answer_words",
    "compare_json",
    "compare_lines",
    "found_words",
    "measured_words",
    "parts",
    "row_named",
    "run_words",
    "seen_words",
    "why_lines",
]

COMPARISON_FORMAT = "conformance/comparison@1"

LEGEND = (
    "not documented: no current page speaks of it. no: a page says that there is no such thing. pages disagree: "
    "what each says, with its name in brackets."
)

_STYLES: dict[str, Style] = {"not documented": "dim", "no": "yellow", "disputed": "cyan"}


def parts(cell: Cell) -> list[str]:
    """
    What a cell says, line by line: first that pages disagree, where they do; then each answer.

    Several answers are items of a list, below the models that they are about where pages disagree about those.
    """
    if not cell.answers:
        return ["not documented"]
    if len(cell.answers) == 1:
        return [answer_words(cell, cell.answers[0])]
    lines = ["pages disagree:"] if cell.state == "disputed" else []
    about: tuple[str, ...] = ()
    for answer in cell.answers:
        alike = sum(other.models == answer.models for other in cell.answers)
        if alike > 1 and answer.models != about:
            lines.append(f"{', '.join(answer.models)}:")
        about = answer.models
        models = () if alike > 1 else answer.models
        lines.append(f"{ITEM}{answer_words(cell, replace(answer, models=models))}")
    return lines


def answer_words(cell: Cell, answer: Answer) -> str:
    """One answer, with the models that it is about and who gives it."""
    text = answer.value
    if answer.no:
        text = f"no: {text}" if text else "no"
    models = f" ({', '.join(answer.models)})" if answer.models else ""
    only = "" if cell.state == "disputed" else "only "
    by = f" [{only}{', '.join(answer.by)}]" if answer.by else ""
    return f"{text}{models}{by}"


def compare_lines(comparison: Comparison, *, width: int) -> list[Line]:
    """The vendors side by side, fit for a terminal of that width."""
    vendors = [column.vendor for column in comparison.columns]
    lines = [line(Span(f"{', '.join(vendors)}", "bold"), f", {measured_words(comparison)}")]
    head = [Box([""], "dim"), *(Box([vendor], "bold") for vendor in vendors)]
    for section, rows in _sections(comparison.rows):
        drawn = [
            head,
            *(
                [Box([row.id]), *(_box(cell, comparison.runs) for cell in row.cells)]
                for row in rows
            ),
        ]
        lines += [BLANK, line(Span(section.upper(), "bold")), *grid(drawn, width=width)]
    return [*lines, BLANK, *_foot(comparison)]


def measured_words(comparison: Comparison) -> str:
    """What the comparison rests on, so that no simulator is taken for a vendor."""
    truths = [run.truth for run in comparison.runs]
    if not truths:
        return (
            "compared from their documents alone: nothing was sent, and nothing here was observed"
        )
    counted = (f"{truths.count(t)} {t}" for t in ("observed", "simulated") if t in truths)
    return (
        f"compared from their documents, beside runs ({', '.join(counted)}); what is simulated is evidence about no"
        " vendor"
    )


def seen_words(seen: Seen, run: Run) -> str:
    """What a run says to a cell: when, at which kind of target, on how many exchanges, and what."""
    return f"{run_words(run)}, n {seen.n}: {found_words(seen)}"


def found_words(seen: Seen) -> str:
    """What was measured, and how many of the clauses that were tried conform."""
    tried = [word for _, word in seen.verdicts if word != "untested"]
    told = [seen.value] if seen.value else []
    if tried:
        told.append(f"{tried.count('conforms')} of {len(tried)} conform")
    if wrong := tried.count("violates"):
        told.append(f"{wrong} violate" + ("s" if wrong == 1 else ""))
    if unsettled := tried.count("inconclusive"):
        told.append(f"{unsettled} inconclusive")
    return ", ".join(told)


def run_words(run: Run) -> str:
    """When, and at which kind of target."""
    return ", ".join(filter(None, [run.date, run.target.kind]))


def _box(cell: Cell, runs: Sequence[Run]) -> Box:
    """What documents say; what was observed below it. What was simulated is left to `--why`, JSON and the page."""
    seen = [f"observed {seen_words(each, runs[each.run])}" for each in cell.observed]
    return Box([*parts(cell), *seen], _STYLES.get(cell.state, ""))


def _sections(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.section, []).append(row)
    return list(found.items())


def _foot(comparison: Comparison) -> Iterator[Line]:
    yield line(Span(LEGEND, "dim"))
    if comparison.alike:
        alike = "; ".join(f"{row.id}: {row.cells[0].value}" for row in comparison.alike)
        yield line(Span(f"The same for all: {alike}.", "dim"), hang=2)
    row = comparison.rows[0].id if comparison.rows else "ROW"
    yield line(Span("The clauses and pages behind a row, and what it asks:", "dim"))
    yield line(f"conformance compare --why {row}", indent=2, whole=True)


# --- why ---


def row_named(comparison: Comparison, text: str) -> Row | None:
    """The row that a person means: its id in any case, with spaces or hyphens, or the beginning of only one."""
    wanted = "-".join(text.casefold().replace("_", " ").split())
    rows = [*comparison.rows, *comparison.alike]
    exact = [row for row in rows if row.id == wanted]
    begins = exact or [row for row in rows if row.id.startswith(wanted)]
    return begins[0] if len(begins) == 1 else None


def why_lines(comparison: Comparison, row: Row) -> list[Line]:
    """What each cell of a row rests on, and what runs saw of it."""
    lines = [line(Span(row.id, "bold"), f"  {row.question}")]
    for cell in row.cells:
        lines += [BLANK, line(Span(cell.vendor, "bold"), f"  {_headline(cell)}")]
        for answer in cell.answers:
            lines += _rests_on(cell, answer)
        for truth, seen in (("observed", cell.observed), ("simulated", cell.simulated)):
            for each in seen:
                said = seen_words(each, comparison.runs[each.run])
                lines.append(line(Span(f"{truth} ", "bold"), said, indent=2, hang=2))
        if comparison.runs and not cell.observed:
            lines.append(line(Span("not observed", "dim"), indent=2))
        for question in cell.questions:
            asked = f"left open: {question.about}: {question.question}"
            lines.append(line(Span(asked, "dim"), indent=2, hang=2))
    first = next((clause for cell in row.cells for clause in cell.clauses), "")
    if first:
        command = f"conformance explain {first}"
        lines += [
            BLANK,
            line(Span("More about a clause:", "dim")),
            line(command, indent=2, whole=True),
        ]
    return lines


def _headline(cell: Cell) -> str:
    if cell.state == "disputed":
        return "pages disagree"
    return cell.state if len(cell.answers) != 1 else ""


_MOST = 8


def _rests_on(cell: Cell, answer: Answer) -> Iterator[Line]:
    yield line(answer_words(cell, answer), indent=2, hang=2)
    if answer.clauses:
        more = len(answer.clauses) - _MOST
        rest = f" and {plural(more, 'more clause')}; --json has all of them" if more > 0 else ""
        yield line(
            Span("clauses ", "dim"), f"{', '.join(answer.clauses[:_MOST])}{rest}", indent=4, hang=8
        )
    pages: dict[str, list[str]] = {}
    for source in answer.sources:
        pages.setdefault(f"{source.document}, {source.url}", []).append(source.section)
    for page, sections in pages.items():
        where = "; ".join(section for section in sections if section)
        yield line(Span("page    ", "dim"), page, f" ({where})" if where else "", indent=4, hang=8)


# --- JSON ---


def compare_json(comparison: Comparison) -> dict[str, Any]:
    """What `compare --json` writes; its schema is `schemas/compare.schema.json`."""
    return {
        "format": COMPARISON_FORMAT,
        "vendors": [
            {
                "vendor": column.vendor,
                "title": column.title,
                "documents": [
                    {
                        "id": d.id,
                        "title": d.title,
                        "url": d.url,
                        "seen": d.seen,
                        "superseded": d.superseded,
                    }
                    for d in column.documents
                ],
            }
            for column in comparison.columns
        ],
        "runs": [_run_json(run) for run in comparison.runs],
        "rows": [_row_json(row) for row in comparison.rows],
        "alike": [_row_json(row) for row in comparison.alike],
    }


def _run_json(run: Run) -> dict[str, Any]:
    return {
        "vendor": run.vendor,
        "truth": run.truth,
        "target": {"kind": run.target.kind, "base_url": run.target.base_url},
        "asked": run.asked,
        "date": run.date,
        "requests": run.requests,
        "billed": run.billed,
        "cost": cost_json(run.cost),
        "other_contract": run.other_contract,
        "notes": list(run.notes),
        "paid": [
            {
                "tier": paid.tier,
                "amount": round(paid.amount, 6),
                "unit": paid.unit,
                "creations": paid.creations,
                "pictures": paid.pictures,
            }
            for paid in run.paid
        ],
    }


def _seen_json(seen: Seen) -> dict[str, Any]:
    return {
        "run": seen.run,
        "value": seen.value,
        "n": seen.n,
        "clauses": [{"id": clause, "verdict": word} for clause, word in seen.verdicts],
    }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "section": row.section,
        "question": row.question,
        "cells": [_cell_json(cell) for cell in row.cells],
    }


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {
        "vendor": cell.vendor,
        "state": cell.state,
        "value": cell.value,
        "answers": [
            {
                "value": answer.value,
                "no": answer.no,
                "models": list(answer.models),
                "by": list(answer.by),
                "clauses": list(answer.clauses),
                "source": sources_json(answer.sources),
            }
            for answer in cell.answers
        ],
        "clauses": list(cell.clauses),
        "source": sources_json(cell.sources),
        "open_questions": [
            {"about": q.about, "question": q.question, "source": sources_json(q.sources)}
            for q in cell.questions
        ],
        "observed": [_seen_json(seen) for seen in cell.observed],
        "simulated": [_seen_json(seen) for seen in cell.simulated],
    }
