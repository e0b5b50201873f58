"""
No APIPod that keeps its documents is accused; of one that breaks a clause, that clause is.

The servers are written by hand from the pages and share nothing with the simulator.
"""

from __future__ import annotations

import pytest

from tests.hand.checking import accused, check_server, unsettled
from tests.hand.variants_apipod_wire import BROKEN, PERMITTED


@pytest.mark.parametrize("name", PERMITTED)
def test_a_server_that_keeps_its_documents_is_never_accused(name: str) -> None:
    result = check_server("apipod", PERMITTED[name]())
    assert accused(result) == {}
    assert unsettled(result) == {}


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_server_breaks_is_blamed_and_nothing_else(name: str) -> None:
    make, clauses = BROKEN[name]
    found = accused(check_server("apipod", make()))
    assert frozenset(found) == clauses, found
