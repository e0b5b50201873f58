"""How are vendors drawn side by side in Markdown, for a comment on a pull request?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.reporting.compare_view import LEGEND, answer_words, measured_words, seen_words
from conformance.reporting.markdown import MOST_CHARACTERS, escaped, table
from conformance.results.comparison import Cell, Comparison, Row, Run

__all__ = ["compare_markdown"]


def compare_markdown(comparison: Comparison) -> str:
    """
    The comparison as GitHub-flavoured Markdown; each cell links to the pages it rests on.

    Where that would be too long for a comment the links are left out, and the text says so.
    """
    whole = _document(comparison, links=True)
    return whole if len(whole) < MOST_CHARACTERS else _document(comparison, links=False)


def _document(comparison: Comparison, *, links: bool) -> str:
    names = ", ".join(escaped(column.vendor) for column in comparison.columns)
    lines = [
        f"## {names}, compared from their documents",
        "",
        f"{escaped(_rests_on(comparison))} {escaped(LEGEND)}",
    ]
    sections = dict.fromkeys(row.section for row in comparison.rows)
    for section in sections:
        rows = [row for row in comparison.rows if row.section == section]
        lines += ["", f"### {section}", "", *_table(comparison, rows, links=links)]
    lines += ["", *_foot(comparison, links=links)]
    return "\n".join(lines) + "\n"


def _rests_on(comparison: Comparison) -> str:
    if not comparison.runs:
        return "Nothing was sent, and nothing here was observed."
    return f"They are {measured_words(comparison)}."


def _table(comparison: Comparison, rows: Sequence[Row], *, links: bool) -> list[str]:
    return table(
        ["", *(escaped(column.vendor) for column in comparison.columns)],
        (
            [
                f"{escaped(row.question)} `{row.id}`",
                *(_cell(cell, comparison.runs, links=links) for cell in row.cells),
            ]
            for row in rows
        ),
    )


def _cell(cell: Cell, runs: Sequence[Run], *, links: bool) -> str:
    """What documents say, then what was observed; what was simulated does not stand among claims about vendors."""
    seen = (f"*observed* {escaped(seen_words(each, runs[each.run]))}" for each in cell.observed)
    return " ".join([_documented(cell, links=links), *seen])


def _documented(cell: Cell, *, links: bool) -> str:
    if cell.state == "not documented":
        return "*not documented*"
    text = _said(cell)
    documents = dict.fromkeys(s.document for s in cell.sources) if links else ()
    pages = " ".join(f"[{escaped(d)}][{cell.vendor}-{d}]" for d in documents)
    return f"{text} ({pages})" if pages else text


def _said(cell: Cell) -> str:
    """All answers on one line: those of pages that disagree after each other, model by model."""
    if cell.state != "disputed":
        return "; ".join(escaped(answer_words(cell, answer)) for answer in cell.answers)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for answer in cell.answers:
        words = escaped(answer_words(cell, replace(answer, models=())))
        grouped.setdefault(answer.models, []).append(words)
    several = len(grouped) > 1
    return "**pages disagree:** " + "; ".join(
        (f"{escaped(', '.join(models))}: " if several and models else "") + " *or* ".join(texts)
        for models, texts in grouped.items()
    )


def _foot(comparison: Comparison, *, links: bool) -> Iterator[str]:
    if comparison.alike:
        alike = "; ".join(f"`{row.id}` {escaped(row.cells[0].value)}" for row in comparison.alike)
        yield f"The same for all: {alike}."
        yield ""
    yield (
        "The clauses behind a row: `conformance compare --why ROW`; what a clause means: `conformance explain CLAUSE`."
    )
    if not links:
        yield "With links to the pages this would be too long for a comment; `--json` has them."
        return
    yield ""
    for column in comparison.columns:
        for document in column.documents:
            yield f"[{column.vendor}-{document.id}]: <{document.url}>"
