"""A baseline can only get shorter."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.comparing.ratchet import hold
from conformance.results.baseline import Deviation
from conformance.results.verdicts import Verdict
from tests.reporting.results import result_of

DAY = date(2026, 11, 21)
ENUM = "aigptimage.create.input.resolution.enum"


def known(clause: str = ENUM, expires: date = DAY) -> Deviation:
    return Deviation(clause=clause, reason="r", owner="o", expires=expires, line=3)


def run(word: str = "violates", reason: str = "", **more: str):  # type: ignore[no-untyped-def]
    verdicts = {"create.input.resolution.enum": word} | {
        k.replace("__", "."): v for k, v in more.items()
    }
    return result_of(
        verdicts={
            name: Verdict(clause="", verdict=each, reason=reason)  # type: ignore[arg-type]  # one of four
            for name, each in verdicts.items()
        }
    )


@pytest.mark.parametrize(
    ("word", "reason", "state"),
    [
        ("violates", "", "known"),
        ("conforms", "", "begun to pass"),
        ("inconclusive", "flaky", "not tried"),
        ("untested", "cap", "not tried"),
        ("untested", "depends on aigptimage.create.path", "not tried"),
        ("untested", "not observable", "not tried"),
    ],
)
def test_what_is_known_is_excused_and_what_conforms_has_to_go(
    word: str, reason: str, state: str
) -> None:
    ratchet = hold([run(word, reason)], [known()], today=DAY)
    (holding,) = ratchet.holdings
    assert holding.state == state
    assert ratchet.new == ()
    assert bool(ratchet.failing) is (state == "begun to pass")
    assert set(ratchet.excused) == ({ENUM} if state == "known" else set())


def test_what_nothing_names_is_new() -> None:
    ratchet = hold([run(create__path="violates")], [known()], today=DAY)
    assert ratchet.new == ("aigptimage.create.path",)


def test_the_last_day_still_counts_and_the_day_after_fails() -> None:
    assert hold([run()], [known(expires=DAY)], today=DAY).failing == ()
    over = hold([run()], [known(expires=date(2026, 11, 20))], today=DAY)
    assert [h.state for h in over.failing] == ["expired"]
    assert over.new == (ENUM,)
    assert over.excused == {}


def test_a_run_is_held_on_its_own_day() -> None:
    from dataclasses import replace

    old = replace(run(), started="2025-01-01T00:00:00+00:00")
    assert hold([old], [known(expires=date(2025, 1, 1))], today=DAY).failing == ()


def test_a_pattern_passes_only_when_all_that_it_names_does() -> None:
    glob = known("aigptimage.create.input.resolution.*")
    assert hold([run("violates")], [glob], today=DAY).excused.keys() == {ENUM}
    assert hold([run("conforms")], [glob], today=DAY).failing
    assert not hold([run("inconclusive")], [glob], today=DAY).failing


def test_another_vendors_deviation_says_nothing_here() -> None:
    assert hold([run()], [known("toapis.create.path")], today=DAY).holdings == ()
