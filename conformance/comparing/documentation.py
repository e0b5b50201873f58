"""How good are a vendor's documents?"""

from __future__ import annotations

from collections import Counter

from conformance.comparing.failures import error_names, main_rows
from conformance.comparing.reading import Fact, Question, Reading
from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract, Source

__all__ = ["DOCUMENTATION", "clause_levels", "contradictions", "tied_rows"]


def clause_levels(contract: Contract) -> Counter[str]:
    """How many clauses there are of each level."""
    return Counter(clause.level for clause in derive_clauses(contract))


def contradictions(contract: Contract) -> int:
    """In how many things the documents contradict each other, seen in replies or not."""
    return len(contract.disputes) + len(contract.conflicts)


def tied_rows(contract: Contract) -> tuple[int, int]:
    """How many rows of the error table a current page ties to a cause firmly, and how many rows there are."""
    current = {d.id for d in contract.documents if not d.superseded}
    tied = [
        row
        for row in contract.errors
        if row.causes and row.level == "must" and any(s.document in current for s in row.sources)
    ]
    return len(tied), len(contract.errors)


def _pages(contract: Contract) -> tuple[Source, ...]:
    return tuple(Source(document=d.id, url=d.url, section="") for d in contract.documents)


def _documents(said: Reading) -> Fact:
    current = [d for d in said.whole.documents if not d.superseded]
    older = len(said.whole.documents) - len(current)
    text = str(len(current)) + (f", and {older} superseded" if older else "")
    return Fact.of(text, (), sources=_pages(said.whole))


def _clauses(said: Reading) -> Fact:
    levels = clause_levels(said.whole)
    text = ", ".join(f"{levels[level]} {level}" for level in ("must", "implied", "disputed"))
    disputed = [c for c in derive_clauses(said.whole) if c.level == "disputed"]
    return Fact.of(f"{levels.total()}: {text}", disputed, sources=_pages(said.whole))


def _questions(said: Reading) -> Fact:
    places = [s for q in said.whole.questions for s in q.sources]
    return Fact.of(str(len(said.whole.questions)), (), sources=places or _pages(said.whole))


def _contradictions(said: Reading) -> Fact:
    alternatives = [
        *(a for dispute in said.whole.disputes for a in dispute.alternatives),
        *(a for conflict in said.whole.conflicts for a in conflict.alternatives),
    ]
    places = [s for alternative in alternatives for s in alternative.sources]
    disputed = [c for c in derive_clauses(said.whole) if c.dispute]
    return Fact.of(str(contradictions(said.whole)), disputed, sources=places or _pages(said.whole))


def _error_codes(said: Reading) -> Fact:
    rows = main_rows(said.whole)
    statuses = {row.status for row in rows if row.status >= 400}
    names = error_names(said.whole)
    clauses = [c for c in derive_clauses(said.whole) if c.topic == "row" and c.thing in rows]
    text = f"{len(statuses)} statuses, {len(names)} names"
    return Fact.of(text, clauses, sources=() if clauses else _pages(said.whole))


DOCUMENTATION = (
    Question(id="documents", asks="How many documents are there?", read=_documents),
    Question(id="clauses", asks="How many statements do they make, and how firmly?", read=_clauses),
    Question(id="contradictions", asks="In how many things do the documents contradict each other?", read=_contradictions),
    Question(id="open-questions", asks="How many questions do they leave open?", read=_questions),
    Question(id="error-codes", asks="How many errors are documented?", read=_error_codes),
)  # fmt: skip
