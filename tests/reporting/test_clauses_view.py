from __future__ import annotations

import pytest

from conformance.contract.clauses import derive_clauses
from conformance.reporting.clauses_view import clauses_json, clauses_lines
from conformance.reporting.text import render
from tests.reporting.results import AIGPTIMAGE, GPTIMAGE2API, result_of

CONTRACTS = [result_of(AIGPTIMAGE).contract, result_of(GPTIMAGE2API).contract]


def test_the_clauses_are_all_there_in_order() -> None:
    document = clauses_json(CONTRACTS)
    assert list(document) == ["clauses", "open_questions", "conflicts"]
    ids = [clause.id for contract in CONTRACTS for clause in derive_clauses(contract)]
    assert [clause["id"] for clause in document["clauses"]] == ids
    assert len(document["open_questions"]) == sum(len(c.questions) for c in CONTRACTS)


def test_disputes_and_other_contradictions_are_both_conflicts() -> None:
    contract = CONTRACTS[1]
    document = clauses_json([contract])
    assert len(document["conflicts"]) == len(contract.disputes) + len(contract.conflicts)
    first = document["conflicts"][0]
    assert first["about"] == contract.disputes[0].about
    assert [a["value"] for a in first["alternatives"]] == [
        a.value for a in contract.disputes[0].alternatives
    ]
    assert all(a["source"] for a in first["alternatives"])


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.vendor)
def test_the_view_shows_every_clause_contradiction_and_question(contract) -> None:  # type: ignore[no-untyped-def]
    text = render(clauses_lines([contract]), width=1000)
    for clause in derive_clauses(contract):
        assert clause.id in text
        assert clause.statement in text
    for question in contract.questions:
        assert question.question in text
    for conflict in contract.conflicts:
        assert conflict.about in text
