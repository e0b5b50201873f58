"""
What do several vendors' documents answer to an evaluator's questions, side by side?

Everything here is documented truth. What was observed at a vendor, and what a simulator did, are other truths: they
will stand beside a cell in fields of their own, and never in `value`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from conformance.contract.model import Document, Question, Source

__all__ = ["Answer", "Cell", "Column", "Comparison", "Row", "State"]

State = Literal["documented", "no", "not documented", "disputed"]
"""`no`: a page says that there is no such thing; `not documented`: no current page speaks of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    One answer that documents give.

    Args:
        no: It is the answer that there is no such thing.
        models: The models that it is about; empty for all.
        by: Who says so, where others say otherwise or nothing: alternatives of a dispute, or documents.
        clauses: Ids of the clauses that say so; `conformance explain` explains each.
    """

    value: str
    no: bool = False
    models: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one vendor's documents say to one question. Without answers nothing is documented."""

    vendor: str
    state: State
    answers: tuple[Answer, ...] = ()
    questions: tuple[Question, ...] = ()
    """Open questions about it; never an answer."""

    @property
    def value(self) -> str:
        """All answers as one text: models after semicolons, pages that disagree after slashes."""
        if not self.answers:
            return "not documented"
        grouped: dict[tuple[str, ...], list[str]] = {}
        for answer in self.answers:
            grouped.setdefault(answer.models, []).append(_said(answer, self.state))
        return "; ".join(
            " / ".join(texts) + (f" ({', '.join(models)})" if models else "")
            for models, texts in grouped.items()
        )

    @property
    def clauses(self) -> tuple[str, ...]:
        """The ids of all clauses behind it."""
        return tuple(dict.fromkeys(c for answer in self.answers for c in answer.clauses))

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every place that says it."""
        return tuple(dict.fromkeys(s for answer in self.answers for s in answer.sources))


def _said(answer: Answer, state: State) -> str:
    text = answer.value
    if answer.no:
        text = f"no: {text}" if text else "no"
    only = "" if state == "disputed" else "only "
    return f"{text} [{only}{', '.join(answer.by)}]" if answer.by else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question, and what each vendor's documents answer, in the order of the columns."""

    id: str
    section: str
    question: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One vendor."""

    vendor: str
    title: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    Vendors side by side.

    `alike` are the questions that all answer in the same way, or that none answers: no decision hangs on them.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    alike: tuple[Row, ...] = ()
