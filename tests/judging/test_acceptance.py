"""Which documented possibilities were accepted, and which one is to blame for a refusal?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.model import ABSENT
from conformance.judging.acceptance import Accepted, accused, carried_by, facts_of
from conformance.results.cases import Case, Feature, Witness
from conformance.results.verdicts import Observation
from tests.judging.traces import breaking, creation, query


def feature(name: str, presumes: tuple[str, ...] = (), **pins: Any) -> Feature:
    return Feature(
        witness=Witness(clause=name), pins=pins, presumes=tuple(Witness(clause=p) for p in presumes)
    )


def fact(case: Case, outcome: str = "accepted", **more: Any) -> Observation:
    final = "succeeded" if outcome == "accepted" else ""
    facts = {"outcome": outcome, "final": final, "persistent": False, "code": 200, "http": 200}
    return Observation(clause="", verdict="conforms", case=case.id, facts={**facts, **more})


def asked(number: int, **assignment: Any) -> Case:
    return creation(assignment, id=f"c{number}")


def heard(*told: tuple[Case, Observation]) -> Accepted:
    return Accepted.sort([c for c, _ in told], facts_of([o for _, o in told]))


def good(number: int, **assignment: Any) -> tuple[Case, Observation]:
    case = asked(number, **assignment)
    return case, fact(case)


def bad(number: int, **assignment: Any) -> tuple[Case, Observation]:
    case = asked(number, **assignment)
    return case, fact(case, "refused", code=400, http=400)


def failed(number: int, **assignment: Any) -> tuple[Case, Observation]:
    case = asked(number, **assignment)
    return case, fact(case, final="failed")


def blamed(accepted: Accepted, *features: Feature) -> set[str]:
    return {w.clause for w in accused(accepted, features)[0]}


def suspected(accepted: Accepted, *features: Feature) -> set[str]:
    return {w.clause for w in accused(accepted, features)[1]}


# ---------------------------------------------------------------- carrying


@pytest.mark.parametrize(
    ("assignment", "pins", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {}, True),
        ({"a": 1}, {"b": ABSENT}, True),
        ({"a": 1}, {"a": ABSENT}, False),
        ({"a": ABSENT}, {"a": ABSENT}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": None}, {"a": ABSENT}, False),
    ],
)
def test_a_creation_carries_what_it_pins(
    assignment: dict[str, Any], pins: Mapping[str, Any], expected: bool
) -> None:
    assert carried_by(creation(assignment), pins) is expected


# ---------------------------------------------------------------- sorting


@pytest.mark.parametrize(
    ("told", "group"),
    [
        pytest.param({"outcome": "accepted"}, "good", id="accepted"),
        pytest.param({"outcome": "accepted", "final": ""}, "good", id="not-seen-to-fail"),
        pytest.param({"outcome": "accepted", "final": "running"}, "good", id="still-running"),
        pytest.param({"outcome": "accepted", "final": "failed"}, "failed", id="failed"),
        pytest.param({"outcome": "refused", "code": 400}, "refused", id="refused"),
        pytest.param({"outcome": "trouble", "persistent": True}, "refused", id="always-trouble"),
        pytest.param({"outcome": "trouble"}, "", id="trouble-that-may-pass"),
        pytest.param({"outcome": "throttled"}, "", id="throttled"),
        pytest.param({"outcome": "active-limit"}, "", id="too-many-tasks"),
        pytest.param({"outcome": "no-reply"}, "", id="lost"),
        pytest.param({"outcome": "malformed"}, "", id="neither-yes-nor-no"),
        pytest.param({"outcome": "refused", "code": 402}, "denied", id="no-credits"),
        pytest.param({"outcome": "refused", "code": 403}, "denied", id="not-for-this-account"),
    ],
)
def test_creations_are_sorted_by_how_they_ended(told: dict[str, Any], group: str) -> None:
    case = creation()
    found = heard((case, fact(case, **told)))
    names = ("good", "failed", "refused", "denied")
    assert [name for name in names if getattr(found, name)] == ([group] if group else [])


@pytest.mark.parametrize(
    "case",
    [
        breaking("acme.create.x.type"),
        query("acme.status.error.404"),
        creation(repeats="carrier"),
        creation(expect="either"),
    ],
    ids=["invalid", "status-query", "repeated", "may-fail"],
)
def test_only_valid_creations_of_their_own_are_sorted(case: Case) -> None:
    assert heard((case, fact(case))) == Accepted(good=(), failed=(), refused=())


def test_a_case_that_was_not_sent_says_nothing() -> None:
    assert Accepted.sort([creation()], {}) == Accepted(good=(), failed=(), refused=())


def test_a_request_that_failed_shows_nothing_accepted() -> None:
    accepted = heard(failed(1, a=1), good(2, b=2))
    assert accepted.has({"b": 2})
    assert not accepted.has({"a": 1})


# ---------------------------------------------------------------- blame

A, B, C = feature("A", a=1), feature("B", b=1), feature("C", c=1)


def test_nobody_is_accused_where_nothing_was_refused() -> None:
    accepted = heard(good(1, a=1, b=1))
    assert accused(accepted, (A, B)) == ({}, {}, [])


def test_a_lone_possibility_that_is_refused_is_accused() -> None:
    accepted = heard(good(1), bad(2, a=1))
    culprits, suspects, _ = accused(accepted, (A, B))
    assert {w.clause: c.id for w, c in culprits.items()} == {"A": "c2"}
    assert suspects == {}


def test_two_possibilities_refused_together_are_both_suspects() -> None:
    accepted = heard(good(1), bad(2, a=1, b=1))
    assert blamed(accepted, A, B) == set()
    assert suspected(accepted, A, B) == {"A", "B"}


def test_what_was_accepted_anywhere_is_exonerated() -> None:
    accepted = heard(good(1, a=1), bad(2, a=1, b=1))
    assert blamed(accepted, A, B) == {"B"}
    assert suspected(accepted, A, B) == set()


def test_a_culprit_explains_the_other_refusals_that_carry_it() -> None:
    accepted = heard(good(1), bad(2, a=1, b=1), bad(3, a=1))
    assert blamed(accepted, A, B) == {"A"}


def test_what_was_refused_only_beside_a_culprit_stays_in_doubt() -> None:
    accepted = heard(good(1), bad(2, a=1, b=1), bad(3, a=1))
    assert suspected(accepted, A, B) == {"B"}


def test_two_culprits_may_be_found_in_one_run() -> None:
    accepted = heard(good(1), bad(2, a=1), bad(3, b=1), good(4, c=1))
    assert blamed(accepted, A, B, C) == {"A", "B"}


def test_the_smaller_of_two_possibilities_explains_the_larger() -> None:
    """`16:9` refused alone explains `16:9 with 2K`."""
    wide, pair = feature("wide", ratio="16:9"), feature("pair", ratio="16:9", tier="2K")
    accepted = heard(good(1), bad(2, ratio="16:9"), bad(3, ratio="16:9", tier="2K"))
    assert blamed(accepted, wide, pair) == {"wide"}


def test_a_pair_is_accused_where_both_halves_were_accepted() -> None:
    wide, pair = feature("wide", ratio="16:9"), feature("pair", ratio="16:9", tier="2K")
    accepted = heard(
        good(1, ratio="16:9"), good(2, tier="2K", ratio="3:2"), bad(3, ratio="16:9", tier="2K")
    )
    assert blamed(accepted, wide, pair) == {"pair"}


def test_what_pins_the_same_is_accused_once() -> None:
    twin = feature("twin", a=1)
    assert len(blamed(heard(good(1), bad(2, a=1)), A, twin)) == 1


def test_a_possibility_that_presumes_another_in_doubt_is_not_accused() -> None:
    alias = feature("alias", a=1)
    kinds = feature("kinds", ("alias",), a=2)
    accepted = heard(good(1), bad(2, a=1), bad(3, a=2))
    assert blamed(accepted, alias, kinds) == {"alias"}


def test_a_possibility_that_presumes_an_accepted_one_is_accused() -> None:
    alias = feature("alias", a=1)
    kinds = feature("kinds", ("alias",), a=2)
    accepted = heard(good(1, a=1), bad(3, a=2))
    assert blamed(accepted, alias, kinds) == {"kinds"}


def test_a_refusal_all_of_whose_values_were_accepted_elsewhere_accuses_the_combination() -> None:
    accepted = heard(good(1, a=1), good(2, b=1), bad(3, a=1, b=1))
    culprits, suspects, combined = accused(accepted, (A, B))
    assert (culprits, suspects, [c.id for c in combined]) == ({}, {}, ["c3"])


def test_one_failed_task_proves_nothing_and_two_do() -> None:
    """A task may fail for reasons of its own."""
    once = heard(good(1), failed(2, a=1))
    twice = heard(good(1), failed(2, a=1), failed(3, a=1))
    assert (blamed(once, A), suspected(once, A)) == (set(), {"A"})
    assert blamed(twice, A) == {"A"}


# ---------------------------------------------------------------- laws

_FEATURES = [
    feature("r=wide", ratio="wide"),
    feature("r=tall", ratio="tall"),
    feature("t=2K", tier="2K"),
    feature("t=4K", tier="4K"),
    feature("wide at 4K", ratio="wide", tier="4K"),
    feature("no ratio", ratio=ABSENT),
    feature("seed", seed=7),
    feature("style", style="x"),
]
_REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "ratio": st.sampled_from(["wide", "tall"]),
        "tier": st.sampled_from(["1K", "2K", "4K"]),
        "seed": st.just(7),
        "style": st.just("x"),
    },
)
_RUNS = st.lists(_REQUESTS, min_size=1, max_size=10)


def run(requests: list[dict[str, Any]], guilty: Feature) -> Accepted:
    """How a vendor answers that refuses whatever carries one possibility."""
    told = []
    for number, assignment in enumerate(requests):
        case = asked(number, **assignment)
        told.append(
            bad(number, **assignment) if carried_by(case, guilty.pins) else (case, fact(case))
        )
    return heard(*told)


@given(_RUNS, st.sampled_from(_FEATURES))
def test_whoever_is_accused_explains_every_refusal(
    requests: list[dict[str, Any]], guilty: Feature
) -> None:
    """With one possibility refused, at most one is accused, and it cannot be told from the guilty one."""
    accepted = run(requests, guilty)
    culprits = accused(accepted, _FEATURES)[0]
    assert len(culprits) <= 1
    for witness in culprits:
        named_ = next(f for f in _FEATURES if f.witness == witness)
        assert all(carried_by(case, named_.pins) for case in accepted.refused)
        assert not accepted.has(named_.pins)


@given(_RUNS, st.sampled_from(_FEATURES))
def test_an_accepted_possibility_is_neither_accused_nor_suspected(
    requests: list[dict[str, Any]], guilty: Feature
) -> None:
    accepted = run(requests, guilty)
    culprits, suspects, _ = accused(accepted, _FEATURES)
    for each in _FEATURES:
        if accepted.has(each.pins):
            assert each.witness not in culprits
            assert each.witness not in suspects


@given(_RUNS, st.sampled_from(_FEATURES))
def test_every_refusal_is_accounted_for(requests: list[dict[str, Any]], guilty: Feature) -> None:
    accepted = run(requests, guilty)
    culprits, suspects, combined = accused(accepted, _FEATURES)
    named_ = [f for f in _FEATURES if f.witness in culprits or f.witness in suspects]
    for case in accepted.refused:
        assert case in combined or any(carried_by(case, f.pins) for f in named_)


@given(_RUNS, st.sampled_from(_FEATURES), st.randoms(use_true_random=False))
def test_blame_does_not_depend_on_the_order_of_requests(
    requests: list[dict[str, Any]], guilty: Feature, rng: Any
) -> None:
    shuffled = list(requests)
    rng.shuffle(shuffled)
    first, second = run(requests, guilty), run(shuffled, guilty)
    assert accused(first, _FEATURES)[0].keys() == accused(second, _FEATURES)[0].keys()
    assert accused(first, _FEATURES)[1].keys() == accused(second, _FEATURES)[1].keys()


def test_blame_does_not_depend_on_the_order_of_possibilities() -> None:
    accepted = heard(good(1), bad(2, a=1), bad(3, a=1, b=1), good(4, c=1))
    found = {frozenset(blamed(accepted, *order)) for order in permutations((A, B, C))}
    assert found == {frozenset({"A"})}
