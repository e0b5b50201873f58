"""Which paid creations show most, so that whoever may send only some sends those."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.planning.plan import make_plan
from conformance.planning.worth import best_first
from conformance.results.cases import Case, Cost, Send, Witness
from tests.contract.toys import VENDORS, named

SEND = Send(operation="create", method="POST", path="/make")


def case(number: int, shows: frozenset[int], amount: float = 1.0) -> Case:
    return Case(
        id=f"c{number}",
        operation="create",
        send=SEND,
        expect="accepted",
        witnesses=tuple(Witness(clause="acme.x", value=str(n)) for n in sorted(shows)),
        billed=1,
        cost=Cost(amount=amount, unit="credits"),
    )


def shown(cases: object) -> int:
    return len({w for one in cases for w in one.witnesses})  # type: ignore[attr-defined]  # cases


CASES = st.lists(st.frozensets(st.integers(0, 12), max_size=6), min_size=1, max_size=9).map(
    lambda every: [case(n, shows) for n, shows in enumerate(every)]
)


@given(CASES, st.integers(1, 9))
def test_the_first_ones_are_the_best_of_all_choices(cases: list[Case], count: int) -> None:
    count = min(count, len(cases))
    best = max(shown(some) for some in combinations(cases, count))
    assert shown(best_first(cases, [], count=count)[:count]) == best


@given(CASES, st.integers(1, 9))
def test_none_is_lost_and_none_is_added(cases: list[Case], count: int) -> None:
    assert sorted(c.id for c in best_first(cases, [], count=count)) == [c.id for c in cases]


def test_what_was_shown_before_counts_no_more() -> None:
    first = case(0, frozenset({1, 2, 3}))
    cases = [case(1, frozenset({1, 2, 3})), case(2, frozenset({4}))]
    assert [c.id for c in best_first(cases, [first], count=1)] == ["c2", "c1"]


def test_by_cost_the_cheap_one_goes_first() -> None:
    cases = [case(1, frozenset({1, 2, 3}), 9.0), case(2, frozenset({4, 5}), 3.0)]
    assert [c.id for c in best_first(cases, [], by_cost=True)] == ["c2", "c1"]


@pytest.mark.parametrize("name", VENDORS)
def test_a_capped_plan_has_the_same_cases_and_shows_no_less(name: str) -> None:
    plan, capped = make_plan(named(name)), make_plan(named(name), max_billed=10)
    assert {c.send.body is None for c in plan.cases} == {c.send.body is None for c in capped.cases}
    assert sorted(c.id for c in plan.cases) == sorted(c.id for c in capped.cases)
    assert len(capped.beyond(10)) <= len(plan.beyond(10))
    assert plan.beyond(plan.billed) == ()
