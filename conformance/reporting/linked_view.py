"""What did lint find in documents of other notations?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.notations.lint import Linked
from conformance.reporting.text import Line, Span, line, plural

__all__ = ["linked_json", "linked_lines"]

_NAMES = {"openapi": "OpenAPI", "arazzo": "Arazzo"}


def linked_json(results: Sequence[Linked]) -> dict[str, Any]:
    """What `lint --json` has beside contracts; its schema is part of `schemas/lint.schema.json`."""
    return {"exports": [_json(result) for result in results]}


def _json(result: Linked) -> dict[str, Any]:
    invalid = result.invalid
    return {
        "file": result.file,
        "kind": result.kind,
        "version": result.version,
        "invalid": {"message": invalid.problem, "line": invalid.line, "column": invalid.column}
        if invalid
        else None,
        "findings": [
            {
                "rule": flaw.rule,
                "message": flaw.message,
                "file": flaw.file,
                "pointer": flaw.pointer,
                "line": flaw.line,
                "column": flaw.column,
            }
            for flaw in result.flaws
        ],
        "notes": [
            {"message": note.message, "line": note.line, "column": note.column}
            for note in result.notes
        ],
    }


def linked_lines(results: Sequence[Linked]) -> Iterator[Line]:
    """A paragraph for each document: what it is, then what is wrong in it."""
    for result in results:
        if result.invalid is not None or result.kind is None:
            yield line(Span(result.file, "bold"), ": ", Span("invalid", "red"))
            yield line(str(result.invalid), indent=2, hang=2)
            continue
        count = plural(len(result.flaws), "fault")
        yield line(
            Span(result.file, "bold"),
            f": {_NAMES[result.kind]} {result.version}; ",
            Span(count, "red") if result.flaws else Span("no fault", "green"),
        )
        for flaw in result.flaws:
            yield line(
                f"{flaw.file}:{flaw.line}:{flaw.column}: {flaw.message}",
                Span(f"  [{flaw.rule}]", "dim"),
                indent=2,
                hang=2,
            )
            yield line(Span(flaw.pointer, "dim"), indent=4)
        for note in result.notes:
            place = f"{result.file}:{note.line}:{note.column}"
            yield line(Span(f"{place}: read with care: {note.message}", "dim"), indent=2, hang=2)
