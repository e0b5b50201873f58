"""
How servers are judged, row by row, on servers written by hand: who does what a row permits is not accused.

A row is tried on every vendor for whose documents it makes sense; where it makes none, the row says why.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.hand import rows_paragraphs, rows_table  # noqa: F401  # they fill the rows
from tests.hand.checking import accused, check_server, unsettled
from tests.hand.rows import NOT_HERE, ROWS, VENDORS, Try


def _ids() -> list[Any]:
    return [
        pytest.param(name, vendor, attempt, id=f"{name}: {vendor} {number}")
        for name, of in ROWS.items()
        for vendor, tries in of.items()
        for number, attempt in enumerate(tries, 1)
    ]


@pytest.mark.parametrize(("name", "vendor", "attempt"), _ids())
def test_a_row_is_judged_as_it_says(name: str, vendor: str, attempt: Try) -> None:
    server = attempt.make()
    result = check_server(vendor, server)
    found = accused(result)
    exact = {clause for clause in attempt.blamed if clause in {v.clause for v in result.verdicts}}
    patterns = [p for p in attempt.blamed if p not in exact]
    assert exact <= set(found), found
    assert all(any(re.fullmatch(p, clause) for clause in found) for p in patterns), found
    left = {c for c in found if c not in exact and not any(re.fullmatch(p, c) for p in patterns)}
    assert not left, {c: found[c] for c in left}
    if not attempt.blamed:
        assert unsettled(result) == {}
    attempt.also(result, server)


def test_each_row_says_something_of_every_vendor() -> None:
    for name, of in ROWS.items():
        assert {*of, *(v for n, v in NOT_HERE if n == name)} == set(VENDORS)
