"""What is refused only in combination is found at strength 2, and named with no value too many."""

from __future__ import annotations

from functools import cache

import pytest

from conformance.results.outcome import RunResult
from tests.hand.checking import accused, check_server
from tests.hand.combined import COMBINED


@cache
def checked(name: str) -> RunResult:
    fault = COMBINED[name]
    return check_server(fault.vendor, fault.server(), strength=fault.strength)


@pytest.mark.parametrize("name", COMBINED)
class TestCombined:
    def test_one_clause_that_promises_it_is_accused(self, name: str) -> None:
        fault, found = COMBINED[name], accused(checked(name))
        assert len(found) == 1, found
        assert {clause.removeprefix(f"{fault.vendor}.") for clause in found} <= {*fault.clauses}

    def test_the_message_names_the_values_and_no_others(self, name: str) -> None:
        fault = COMBINED[name]
        (message,) = accused(checked(name)).values()
        promised = message.partition(" to be accepted")[0]
        assert all(word in promised for word in fault.words)
        assert promised.count(" × ") <= 1
        assert "; each of these values was accepted without the others" in message

    def test_few_further_requests_are_sent(self, name: str) -> None:
        """Some for each smallest combination, and one for every row that it kept from showing the rest."""
        result = checked(name)
        further = [c for c in result.cases if c.parent]
        refused = {c.parent for c in further if c.parent in {p.id for p in result.plan.cases}}
        named = [f for c in further for f in c.features]
        assert len(further) <= 2 * len(refused) + 10 * len(named)
