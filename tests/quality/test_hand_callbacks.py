"""
Who calls back in a permitted way is not accused; who does so wrongly is, of exactly that.

The servers are written by hand from the pages and share nothing with the simulator.
"""

from __future__ import annotations

import pytest

from tests.hand import callbacks_apipod, callbacks_toapis
from tests.hand.checking import accused, check_server, unsettled

MODULES = {"apipod": callbacks_apipod, "toapis": callbacks_toapis}
PERMITTED = [(v, n) for v, module in MODULES.items() for n in module.PERMITTED]
BROKEN = [(v, n) for v, module in MODULES.items() for n in module.BROKEN]


@pytest.mark.parametrize(("vendor", "name"), PERMITTED)
def test_a_permitted_way_of_calling_back_is_not_accused(vendor: str, name: str) -> None:
    result = check_server(vendor, MODULES[vendor].PERMITTED[name]())
    assert accused(result) == {}
    assert unsettled(result) == {}


@pytest.mark.parametrize(("vendor", "name"), BROKEN)
def test_a_wrong_callback_is_blamed_and_nothing_else(vendor: str, name: str) -> None:
    make, clauses = MODULES[vendor].BROKEN[name]
    found = accused(check_server(vendor, make()))
    assert frozenset(found) == clauses, found
