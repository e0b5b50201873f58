"""
What do several vendors' documents answer to an evaluator's questions, side by side, and what was seen of it?

Three truths are kept apart: `answers` (and `value`) of a cell are *documented*; `observed` is what was seen at a vendor;
`simulated` is what a simulator or another server on this machine did, which is evidence about no vendor.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Literal

from conformance.contract.model import Document, Question, Source
from conformance.results.cases import Cost
from conformance.results.outcome import Latency, Target
from conformance.results.verdicts import VerdictWord

__all__ = ["Answer", "Cell", "Column", "Comparison", "Paid", "Row", "Run", "Seen", "State", "Truth"]

State = Literal["documented", "no", "not documented", "disputed"]
"""`no`: a page says that there is no such thing; `not documented`: no current page speaks of it."""


Truth = Literal["observed", "simulated"]
"""Whether what a run saw is evidence about the vendor, or about nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What creations of one tier ("" where none was asked for) were charged, by the meter in their replies."""

    tier: str
    amount: float
    unit: str
    creations: int
    pictures: int
    """Pictures that could be fetched and opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """
    One run of which something stands in a comparison.

    Args:
        asked: What was asked, in words.
        date: The day, in ISO 8601; of a replay the day of the recording. "" where nobody wrote it down.
        other_contract: The record was made under another edition of the contract than it is judged by.
        notes: Sentences for a person, as in `RunResult`.
    """

    vendor: str
    truth: Truth
    target: Target
    asked: str
    date: str = ""
    requests: int = 0
    billed: int = 0
    cost: Cost = dataclass_field(default_factory=Cost)
    latencies: tuple[Latency, ...] = ()
    paid: tuple[Paid, ...] = ()
    other_contract: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    What one run says to one cell.

    Args:
        run: Its place in `Comparison.runs`.
        value: What was measured, in words; "" where only verdicts tell.
        n: On how many exchanges it rests.
        verdicts: What it concludes about the clauses behind the cell.
    """

    run: int
    value: str = ""
    n: int = 0
    verdicts: tuple[tuple[str, VerdictWord], ...] = ()


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
    """
    What one vendor's documents say to one question. Without answers nothing is documented.

    `observed` is what was seen of it at the vendor, `simulated` what was seen of it on this machine; each run by itself.
    """

    vendor: str
    state: State
    answers: tuple[Answer, ...] = ()
    questions: tuple[Question, ...] = ()
    """Open questions about it; never an answer."""
    observed: tuple[Seen, ...] = ()
    simulated: tuple[Seen, ...] = ()

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
    `order` has the ids of both, as they are asked. `runs` are those that cells speak of.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    alike: tuple[Row, ...] = ()
    order: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def every(self) -> tuple[Row, ...]:
        """All rows, as they are asked."""
        known = {row.id: row for row in (*self.rows, *self.alike)}
        return tuple(known[name] for name in self.order) if self.order else tuple(known.values())
