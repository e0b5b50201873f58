"""Do the tables of errors and states agree with the rest of the pages, and with each other?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.contract.model import Contract, ErrorRow, Operation, Source, State
from conformance.documents.contradictions import Contradiction, said

__all__ = ["missing_states", "one_table_only", "untabled"]

_STATUS = re.compile(r"(?<![\w.,-])[45]\d\d(?![\w-]|[.,]\d)")
_A_TABLE = 3  # rows that a section must have before it counts as a table


def untabled(contract: Contract) -> Iterator[Contradiction]:
    """An error status that a page names and that stands in no table."""
    tabled = {row.status for row in contract.errors}
    if not tabled:
        return
    tables = tuple(dict.fromkeys(s for row in contract.errors for s in row.sources))
    named = [(a.subject, a.says, a.sources) for a in contract.advice]
    named += [(s.subject, s.says, s.sources) for s in contract.statements]
    for subject, says, sources in named:
        for text in dict.fromkeys(_STATUS.findall(f"{subject} {says}")):
            if int(text) not in tabled:
                yield Contradiction(
                    rule="error-not-tabled",
                    place=text,
                    about=f"whether {text} is an answer",
                    alternatives=(
                        said(f"{text}: {says}", sources),
                        said("it stands in no table of errors", _of_documents(tables)),
                    ),
                )


def _of_documents(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """One place for each document: that something is nowhere need not be said of every section."""
    return tuple({source.document: source for source in reversed(sources)}.values())[::-1]


def one_table_only(contract: Contract) -> Iterator[Contradiction]:
    """A status in one table of errors that another table about the same operation does not have."""
    superseded = {d.id for d in contract.documents if d.superseded}
    tables: dict[Source, dict[int, ErrorRow]] = {}
    for row in contract.errors:
        for source in row.sources:
            if source.document not in superseded:
                tables.setdefault(source, {}).setdefault(row.status, row)
    real = {source: rows for source, rows in tables.items() if len(rows) >= _A_TABLE}
    for status in dict.fromkeys(status for rows in real.values() for status in rows):
        having = [source for source, rows in real.items() if status in rows]
        lacking = [
            source
            for source, rows in real.items()
            if status not in rows
            and source.document not in {each.document for each in having}
            and any(_should_have(contract, source, one, real[one][status]) for one in having)
        ]
        if lacking:
            row = real[having[0]][status]
            yield Contradiction(
                rule="status-in-one-table",
                place=str(status),
                about=f"whether {status} is documented",
                alternatives=(
                    said(f"{status}: {row.means or row.name}", tuple(having)),
                    said("not in the table", tuple(lacking)),
                ),
                at=("errors", "table", str(status)),
            )


def _should_have(contract: Contract, source: Source, other: Source, row: ErrorRow) -> bool:
    """Whether a table is about an operation that, by another table, may be answered so."""
    common = _operations(contract, source) & _operations(contract, other)
    return bool(common & set(row.operations))


def _operations(contract: Contract, source: Source) -> set[str]:
    """The operations that a document describes; all of them where it describes none in particular."""
    found = {o.name for o in contract.operations if source.document in _documents_of(o)}
    return found or {o.name for o in contract.operations}


def _documents_of(operation: Operation) -> set[str]:
    parts = [operation.sources, operation.success_sources]
    parts += [field.source_of("") for field in operation.fields]
    parts += [reply.sources for reply in operation.reply]
    return {source.document for sources in parts for source in sources}


def missing_states(contract: Contract) -> Iterator[Contradiction]:
    """A state that one page lists and another page with a list of states does not."""
    superseded = {d.id for d in contract.documents if d.superseded}
    lists: dict[str, list[Source]] = {}
    for state in contract.states:
        for source in state.sources:
            if source.document not in superseded:
                lists.setdefault(source.document, []).append(source)
    # One state in passing is no list.
    pages = {p: s for p, s in lists.items() if sum(_on(state, p) for state in contract.states) > 1}
    for state in contract.states:
        having = tuple(s for s in state.sources if s.document not in superseded)
        lacking = tuple(s[0] for page, s in pages.items() if not _on(state, page))
        if having and lacking:
            yield Contradiction(
                rule="state-on-one-page",
                place=str(state.value),
                about=f"whether a task can be {state.value}",
                alternatives=(
                    said(_state_words(state), having),
                    said("not among the states", lacking),
                ),
                at=("states", "values", str(state.value)),
            )


def _on(state: State, page: str) -> bool:
    return any(source.document == page for source in state.sources)


def _state_words(state: State) -> str:
    value = str(state.value)
    return f"{value}, {state.means}" if state.means not in ("", value) else value
