"""Every kind of clause can be broken, in both directions where there are two."""

from __future__ import annotations

from functools import cache

import pytest

from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import contract_names, load_contract
from conformance.mutation.mutants import Mutant
from conformance.mutation.operators import mutants_of


@cache
def mutants(vendor: str) -> tuple[Mutant, ...]:
    return mutants_of(load_contract(vendor))


EVERY = [m for vendor in contract_names() for m in mutants(vendor)]


def operators(kind: str) -> set[str]:
    return {m.operator for m in EVERY if m.kind == kind and not m.permitted}


@pytest.mark.parametrize("vendor", contract_names())
def test_names_are_unique_and_the_same_each_time(vendor: str) -> None:
    names = [m.name for m in mutants(vendor)]
    assert len(set(names)) == len(names)
    assert names == [m.name for m in mutants_of(load_contract(vendor))]


def test_there_are_a_thousand_of_them() -> None:
    assert len(EVERY) >= 1000


@pytest.mark.parametrize(
    "kind",
    sorted(
        {
            c.kind
            for vendor in contract_names()
            for c in derive_clauses(load_contract(vendor))
            if not c.untestable
        }
    ),
)
def test_each_kind_of_clause_that_can_be_tried_is_broken(kind: str) -> None:
    assert operators(kind)


@pytest.mark.parametrize(
    ("kind", "accepting", "refusing"),
    [
        ("required", "required-optional", ""),
        ("type", "type-loosened", "documented-refused"),
        ("enum", "enum-opened", "enum-value-dropped"),
        ("model", "enum-opened", "enum-value-dropped"),
        ("limit", "limit-widened", "limit-narrowed"),
        ("rule", "rule-removed", "rule-widened"),
        ("rule", "rule-narrowed", "rule-inverted"),
        ("default", "", "default-changed"),
        ("alias", "", "alias-dead"),
        ("auth", "auth-skipped", ""),
        ("charge", "charge-raised", "charge-lowered"),
        ("callback", "acknowledgement-ignored", "callback-missing"),
    ],
)
def test_both_directions_where_there_are_two(kind: str, accepting: str, refusing: str) -> None:
    assert {accepting, refusing} - {""} <= operators(kind)


def test_a_mutant_that_breaks_a_clause_names_one_of_the_contract() -> None:
    for vendor in contract_names():
        ids = {c.id for c in derive_clauses(load_contract(vendor))}
        assert {m.clause for m in mutants(vendor) if not m.permitted} <= ids


def test_what_another_current_page_permits_is_not_deviant() -> None:
    """A limit that one page sets lower than another may be moved towards the other's."""
    moved = [m for m in EVERY if m.operator.startswith("limit-") and "(" in m.detail]
    assert any(m.permitted for m in moved)
    assert any(not m.permitted for m in moved)


def test_every_clause_on_callbacks_that_can_be_tried_has_a_mutant() -> None:
    for vendor in contract_names():
        broken = {m.clause for m in mutants(vendor) if not m.permitted}
        said = [c for c in derive_clauses(load_contract(vendor)) if c.operation == "callback"]
        assert [c.id for c in said if not c.untestable and c.id not in broken] == []
