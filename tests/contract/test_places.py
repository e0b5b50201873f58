"""Each clause is found at the line of the contract that says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.clauses import clauses_by_id
from conformance.contract.places import lines_of
from tests.contract.toys import VENDORS, named


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_clause_has_a_line_of_its_own_topic(vendor: str) -> None:
    contract = named(vendor)
    lines = contract.text.splitlines()
    found = lines_of(contract)
    clauses = clauses_by_id(contract)

    assert found.keys() == clauses.keys()
    wrong = []
    for name, number in found.items():
        clause, text = clauses[name], lines[number - 1]
        word = {
            "field": getattr(clause.thing, "path", ""),
            "rule": getattr(clause.thing, "name", ""),
            "reply": clause.subject,
            "row": clause.subject,
            "charge": getattr(clause.thing, "name", ""),
            "pixels": getattr(clause.thing, "row", ""),
            "statement": clause.id.split(".", 3)[-1],
            "advice": clause.id.split(".", 3)[-1],
            "path": getattr(clause.thing, "path", ""),
        }.get(clause.topic, "")
        around = "\n".join(lines[max(0, number - 12) : number])
        if (
            word not in (text if clause.topic != "field" else around)
            and clause.operation != "callback"
        ):
            wrong.append((name, number, text))
    assert wrong == []
    assert min(found.values()) > 5


def test_the_line_of_a_keyword_is_the_keyword() -> None:
    contract = named("aigptimage")
    line = contract.text.splitlines()[
        lines_of(contract)["aigptimage.create.input.resolution.enum"] - 1
    ]
    assert line.strip() == "enum: [1K, 2K, 4K]"


def test_what_was_not_loaded_has_no_lines() -> None:
    assert lines_of(replace(named("aigptimage"), text="")) == {}
