from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.clauses import derive_clauses
from conformance.reporting.text import render
from conformance.reporting.vendors_view import missing, price_range, vendors_json, vendors_lines
from tests.contract.toys import SOURCE, VENDORS, contract, field, named

FIVE = [named(vendor) for vendor in VENDORS]


def said(**sections: Any) -> dict[str, Any]:
    (found,) = vendors_json([contract(**sections)])["vendors"]
    return dict(found)


def test_vendors_are_one_line_each_in_120_columns() -> None:
    lines = render(vendors_lines(FIVE), width=120).splitlines()
    assert max(map(len, lines)) <= 120
    assert [line.split()[0] for line in lines[1:6]] == list(VENDORS)
    assert lines[6] == ""


@pytest.mark.parametrize("made", FIVE, ids=VENDORS)
def test_the_levels_add_up_to_all_clauses(made: Any) -> None:
    (found,) = vendors_json([made])["vendors"]
    assert found["clauses"] == len(derive_clauses(made))
    assert found["must"] + found["implied"] + found["disputed"] == found["clauses"]


def test_superseded_pages_are_counted_apart() -> None:
    page = {"title": "P", "url": "https://acme.example/p", "seen": "2026-11-20"}
    made = contract(documents={"page": page, "older": {**page, "superseded": True}})
    row = render(vendors_lines([made]), width=120).splitlines()[1]
    assert " 1+1 " in row


def test_a_vendor_that_says_next_to_nothing_lacks_all_that_is_needed() -> None:
    assert missing(contract()) == (
        "price",
        "result-lifetime",
        "idempotency",
        "refund",
        "reference-images",
        "prompt-length",
        "polling",
    )


def test_what_a_page_answers_is_not_missing_even_by_a_no() -> None:
    made = contract(
        {"prompt": field(maxLength=9, role="prompt")},
        expiry={"lifetime_s": 60, "source": SOURCE},
        charges={"unit": "credits", "cells": {"all": {"amount": 2, "source": SOURCE}}},
        answers={"idempotency": {"no": True, "clauses": ["create.path"]}},
    )
    assert missing(made) == ("refund", "reference-images", "polling")


def test_a_row_known_from_an_example_alone_is_not_tied() -> None:
    row = {"means": "x", "causes": ["bad-parameter"], "operations": ["create"], "source": SOURCE}
    table = {"400": row, "422": {**row, "level": "implied"}, "418": {**row, "causes": []}}
    envelopes = {"plain": {"marker": {"error": {"present": True}}, "fields": {}}}
    assert said(errors={"envelopes": envelopes, "table": table})["error_rows"] == {
        "tied": 1,
        "all": 3,
    }


def test_contradictions_count_what_is_recorded_and_what_a_rule_finds() -> None:
    conflict = {
        "about": "x",
        "alternatives": [{"value": "1", "source": SOURCE}, {"value": "2", "source": SOURCE}],
    }
    wide = field(type="integer", maximum=5, default=9)  # a default outside its range
    assert said()["contradictions"] == 0
    assert said(conflicts=[conflict])["contradictions"] == 1
    (found,) = vendors_json([contract({"n": wide})])["vendors"]
    assert found["contradictions"] == 1


def test_a_vendor_without_prices_has_none() -> None:
    assert price_range(contract()) is None
    assert said()["price"] is None
