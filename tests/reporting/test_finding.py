from __future__ import annotations

import pytest

from conformance.contract.clauses import derive_clauses
from conformance.reporting.finding import meant, nearest_ids
from tests.contract.toys import contract, field, named

CLAUSES = derive_clauses(contract({"size": field(enum=["S", "M"]), "sizes": field(type="array")}))


def ids(text: str) -> list[str]:
    return [clause.id for clause in meant(text, CLAUSES)]


def test_an_id_means_its_clause_alone() -> None:
    assert ids("acme.create.size.enum") == ["acme.create.size.enum"]


def test_case_does_not_count() -> None:
    assert ids("ACME.Create.Size.ENUM") == ["acme.create.size.enum"]


def test_a_beginning_means_all_that_begin_so() -> None:
    assert ids("acme.create.SIZE") == [
        "acme.create.size.type",
        "acme.create.size.enum",
        "acme.create.sizes.type",
    ]


@pytest.mark.parametrize("end", ["size.enum", ".size.enum"])
def test_an_end_will_do_where_no_id_begins_so(end: str) -> None:
    assert ids(end) == ["acme.create.size.enum"]


def test_a_pattern_means_all_that_it_fits() -> None:
    assert ids("*.siz?.*") == ["acme.create.size.type", "acme.create.size.enum"]


def test_a_bracket_is_no_pattern() -> None:
    clauses = derive_clauses(named("apimart"))
    found = meant("apimart.create.reply.data[0].*", clauses)
    assert [c.id for c in found] == [
        "apimart.create.reply.data[0].status",
        "apimart.create.reply.data[0].task_id",
    ]


def test_what_means_nothing_is_answered_with_what_is_near() -> None:
    assert ids("acme.create.sise.enum") == []
    assert nearest_ids("acme.create.sise.enum", CLAUSES)[0] == "acme.create.size.enum"


def test_an_id_with_all_the_words_is_nearest() -> None:
    clauses = derive_clauses(named("aigptimage"))
    near = nearest_ids("aigptimage.create.prompt.maxlen", clauses)
    assert near[0] == "aigptimage.create.input.prompt.maxLength"
