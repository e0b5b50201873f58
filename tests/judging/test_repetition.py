"""The same request answered both ways is flaky; the same answer each time is none."""

from __future__ import annotations

import pytest

from conformance.judging.repetition import flaky, share, wilson
from conformance.results.verdicts import Observation, VerdictWord


def said(case: str, verdict: VerdictWord, value: str = "") -> Observation:
    return Observation(clause="c", verdict=verdict, value=value, case=case)


AGAIN = {"a@2": "a", "a@3": "a", "b@2": "b"}


def test_one_request_answered_both_ways_is_flaky() -> None:
    seen = [said("a", "conforms"), said("a@2", "violates"), said("a@3", "conforms")]
    assert flaky(seen, AGAIN) == ([], [(1, 3, seen[1])])


def test_a_request_that_violates_each_time_stands() -> None:
    seen = [said("a", "violates"), said("a@2", "violates"), said("b", "conforms")]
    assert flaky(seen, AGAIN) == (seen[:2], [])


def test_another_request_that_always_violates_stands_beside_a_flaky_one() -> None:
    seen = [
        said("a", "conforms"),
        said("a@2", "violates"),
        said("b", "violates"),
        said("b@2", "violates"),
    ]
    standing, mixed = flaky(seen, AGAIN)
    assert (standing, len(mixed)) == (seen[2:], 1)


def test_two_polls_of_one_case_are_not_one_request_asked_twice() -> None:
    seen = [said("a", "conforms"), said("a", "violates")]
    assert flaky(seen, AGAIN) == ([seen[1]], [])


def test_values_are_told_apart() -> None:
    seen = [said("a", "conforms", "1K"), said("a@2", "violates", "2K")]
    assert flaky(seen, AGAIN) == ([seen[1]], [])


def test_what_proves_nothing_makes_nothing_flaky() -> None:
    seen = [said("a", "inconclusive"), said("a@2", "violates")]
    assert flaky(seen, AGAIN) == ([seen[1]], [])


@pytest.mark.parametrize(
    ("times", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 2, 0.0945, 0.9055), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(times: int, of: int, low: float, high: float) -> None:
    assert wilson(times, of) == pytest.approx((low, high), abs=5e-4)


def test_a_share_says_how_much_it_rests_on() -> None:
    assert share(2, 5) == "2 of 5 times (12 to 77 %, Wilson 95 %)"
