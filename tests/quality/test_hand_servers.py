"""
No server that keeps its documents is accused; of one that breaks a clause, that clause is.

The servers are written by hand from the pages and share nothing with the simulator.
"""

from __future__ import annotations

import pytest

from tests.hand.checking import accused, check_server, unsettled
from tests.hand.variants import BROKEN, PERMITTED


def _id(key: tuple[str, str]) -> str:
    return ": ".join(key)


@pytest.mark.parametrize("key", PERMITTED, ids=_id)
def test_a_server_that_keeps_its_documents_is_never_accused(key: tuple[str, str]) -> None:
    result = check_server(key[0], PERMITTED[key]())
    assert accused(result) == {}
    assert unsettled(result) == {}


@pytest.mark.parametrize("key", BROKEN, ids=_id)
def test_what_a_server_breaks_is_blamed_and_nothing_else(key: tuple[str, str]) -> None:
    make, clauses = BROKEN[key]
    found = accused(check_server(key[0], make()))
    assert frozenset(found) == clauses, found
