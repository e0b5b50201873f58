"""What stands in a cell of the tables of the page?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.reporting.compare_view import found_words, parts, seen_words
from conformance.reporting.grid import ITEM
from conformance.reporting.text import printable
from conformance.results.comparison import Cell, Comparison, Row, Run

__all__ = ["CellPart", "RowPart", "rows_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPart:
    """One cell: what documents say, line by line, and each run in a sentence of its own truth."""

    vendor: str
    name: str
    state: str
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    """Each a line ("" for none) and the items of a list below it."""
    observed: tuple[str, ...]
    simulated: tuple[str, ...]
    violates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPart:
    """One question; `alike`: all answer it in the same way."""

    id: str
    question: str
    alike: bool
    cells: tuple[CellPart, ...]


def rows_of(comparison: Comparison, section: str) -> list[RowPart]:
    """The rows of one section."""
    alike = {row.id for row in comparison.alike} if len(comparison.columns) > 1 else set()
    return [
        RowPart(
            id=row.id,
            question=printable(row.question),
            alike=row.id in alike,
            cells=tuple(_cell(row, cell, comparison.runs) for cell in row.cells),
        )
        for row in comparison.every
        if row.section == section
    ]


def _cell(row: Row, cell: Cell, runs: Sequence[Run]) -> CellPart:
    said = [printable(text) for text in parts(cell)]
    return CellPart(
        vendor=cell.vendor,
        name=f"{row.id}@{cell.vendor}",
        state=cell.state,
        blocks=tuple(_blocks(said)),
        observed=tuple(printable(seen_words(seen, runs[seen.run])) for seen in cell.observed),
        simulated=tuple(printable(f"n {seen.n}: {found_words(seen)}") for seen in cell.simulated),
        violates=any(word == "violates" for s in cell.observed for _, word in s.verdicts),
    )


def _blocks(said: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    head, items = "", []
    for text in said:
        if text.startswith(ITEM):
            items.append(text.removeprefix(ITEM))
            continue
        if head or items:
            yield head, tuple(items)
        head, items = text, []
    yield head, tuple(items)
