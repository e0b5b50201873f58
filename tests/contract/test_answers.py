"""What contracts say in prose to an evaluator's questions."""

from __future__ import annotations

import re
from typing import Any

import pytest

from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import Contract
from conformance.errors import ContractInvalid
from tests.contract.toys import VENDORS, contract, named

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def with_answers(**answers: Any) -> Contract:
    rows = {name.replace("_", "-"): answer for name, answer in answers.items()}
    return contract(answers=rows)


def test_an_answer_names_the_clauses_that_it_rests_on() -> None:
    made = with_answers(idempotency={"no": True, "clauses": ["create.path"]})
    (answer,) = made.answers
    assert (answer.row, answer.no, answer.clauses) == ("idempotency", True, ("acme.create.path",))


def test_several_answers_to_one_question_keep_their_order() -> None:
    made = with_answers(
        polling=[
            {"says": "every 2 s", "source": "page#One"},
            {"says": "every 5 s", "source": "page#Other"},
        ]
    )
    assert [a.says for a in made.answers] == ["every 2 s", "every 5 s"]
    assert [a.sources[0].section for a in made.answers] == ["One", "Other"]


def test_an_answer_that_rests_on_no_clause_is_refused_with_the_nearest() -> None:
    with pytest.raises(ContractInvalid, match=r"create\.pth.*did you mean 'create\.path'"):
        with_answers(idempotency={"no": True, "clauses": ["create.pth"]})


def test_an_answer_without_clause_or_source_is_refused() -> None:
    with pytest.raises(ContractInvalid):
        with_answers(idempotency={"no": True})


def test_an_answer_to_a_question_that_nobody_asks_is_refused() -> None:
    with pytest.raises(ContractInvalid, match="idempotence"):
        with_answers(idempotence={"no": True, "clauses": ["create.path"]})


def test_tiers_are_as_many_as_amounts() -> None:
    cell = {"amount": [1, 2], "tiers": ["1K", "2K"], "source": "page#Prices"}
    made = contract(charges={"unit": "credits", "cells": {"all": cell}})
    assert made.charging.cells[0].tiers == ("1K", "2K")
    with pytest.raises(ContractInvalid, match="found 1 tiers, expected 2"):
        contract(charges={"unit": "credits", "cells": {"all": {**cell, "tiers": ["1K"]}}})


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_number_in_an_answer_stands_in_what_it_rests_on(vendor: str) -> None:
    """An answer only restates: what it rests on is a clause, a contradiction, or the name of a section."""
    made = named(vendor)
    clauses = clauses_by_id(made)
    values = " ".join(a.value for c in made.conflicts for a in c.alternatives)
    for answer in made.answers:
        known = " ".join([clauses[name].statement for name in answer.clauses] or [values])
        missing = set(NUMBER.findall(answer.says)) - set(NUMBER.findall(known))
        assert not missing, (answer.row, answer.says, known)
