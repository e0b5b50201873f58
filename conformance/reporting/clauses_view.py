"""What does a contract say: its clauses, its contradictions and what it leaves open?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.contract.clauses import Clause, derive_clauses
from conformance.contract.model import Alternative, Contract, Source
from conformance.contract.proofs import proof_of
from conformance.documents.contradictions import unrecorded
from conformance.documents.rules import contradictions
from conformance.reporting.summary import sources_json
from conformance.reporting.text import BLANK, Line, Span, columns, line, plural

__all__ = ["clauses_json", "clauses_lines"]


def clauses_json(contracts: Sequence[Contract]) -> dict[str, Any]:
    """What `clauses --json` writes; its schema is `schemas/clauses.schema.json`."""
    return {
        "clauses": [
            _clause_json(contract, clause)
            for contract in contracts
            for clause in derive_clauses(contract)
        ],
        "open_questions": [
            {
                "vendor": contract.vendor,
                "about": question.about,
                "question": question.question,
                "source": sources_json(question.sources),
            }
            for contract in contracts
            for question in contract.questions
        ],
        "conflicts": [
            {
                "vendor": contract.vendor,
                "about": about,
                "alternatives": [
                    {"value": a.value, "source": sources_json(a.sources)} for a in alternatives
                ],
            }
            for contract in contracts
            for about, alternatives in _conflicts(contract)
        ],
    }


def _clause_json(contract: Contract, clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id,
        "vendor": clause.vendor,
        "operation": clause.operation,
        "subject": clause.subject,
        "kind": clause.kind,
        "level": clause.level,
        "statement": clause.statement,
        "source": sources_json(clause.sources),
        "proof": proof_of(contract, clause),
    }


def _conflicts(contract: Contract) -> Iterator[tuple[str, tuple[Alternative, ...]]]:
    """Where the documents disagree: what a reply can show, what none can, then what is found by rule alone."""
    for dispute in contract.disputes:
        yield dispute.about, dispute.alternatives
    for conflict in contract.conflicts:
        yield conflict.about, conflict.alternatives
    for found in unrecorded(contract, contradictions(contract)):
        yield found.about, found.alternatives


def clauses_lines(contracts: Sequence[Contract]) -> list[Line]:
    """The clauses as a table, then the contradictions and the open questions."""
    lines: list[Line] = []
    for contract in contracts:
        clauses = derive_clauses(contract)
        disputed = sum(clause.level == "disputed" for clause in clauses)
        head = f": {plural(len(clauses), 'clause')}, {disputed} of them disputed"
        lines += [line(Span(contract.vendor, "bold"), head), BLANK]
        lines += columns(
            [
                ("CLAUSE", "LEVEL", "PROVEN", "STATEMENT"),
                *((c.id, c.level, _PROVEN[proof_of(contract, c)], c.statement) for c in clauses),
            ]
        )
        lines += [BLANK, *_conflict_lines(contract), *_question_lines(contract)]
    return lines[:-1]


_PROVEN = {
    "proven": "yes",
    "not proven": "not proven",
    "not measured for this edition": "?",
    "": "-",
}
"""Whether a check is known to notice when the clause is broken: `conformance mutate` measures it."""


def _conflict_lines(contract: Contract) -> Iterator[Line]:
    found = list(_conflicts(contract))
    if not found:
        return
    yield line(Span(f"The documents contradict each other ({len(found)})", "bold"))
    for about, alternatives in found:
        yield line(about, indent=2, hang=2)
        for alternative in alternatives:
            yield line(
                alternative.value, Span(_where(alternative.sources), "dim"), indent=4, hang=2
            )
    yield BLANK


def _question_lines(contract: Contract) -> Iterator[Line]:
    if not contract.questions:
        return
    yield line(Span(f"The documents leave open ({len(contract.questions)})", "bold"))
    for question in contract.questions:
        asked = f"{question.about}: {question.question}"
        yield line(asked, Span(_where(question.sources), "dim"), indent=2, hang=2)
    yield BLANK


def _where(sources: Sequence[Source]) -> str:
    """The places, short: `  [i2i#resolution, start]`."""
    places = [f"{s.document}#{s.section}" if s.section else s.document for s in sources]
    return f"  [{', '.join(places)}]" if places else ""
