"""What becomes of a mutant: noticed, unnoticed, without effect, or permitted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.loading import load_contract
from conformance.mutation.mutants import Mutant
from conformance.mutation.operators import mutants_of
from conformance.mutation.trials import Bench

AIGPTIMAGE = load_contract("aigptimage")
BENCH = Bench(AIGPTIMAGE)
BY_NAME = {m.name: m for m in mutants_of(AIGPTIMAGE)}
RESOLUTION = "aigptimage.create.input.resolution.enum"


def mutant(clause: str, *deviations: str, permitted: bool = False) -> Mutant:
    return Mutant(
        vendor="aigptimage",
        clause=f"aigptimage.{clause}",
        kind="toy",
        operator="toy",
        deviations=deviations,
        permitted=permitted,
    )


def test_a_dropped_value_is_noticed_and_blamed_on_its_enum_alone() -> None:
    trial = BENCH.trial(BY_NAME[f"{RESOLUTION} enum-value-dropped 2K"])
    assert (trial.fate, trial.blamed, trial.others, trial.testable) == ("killed", True, 0, True)
    assert trial.accused == (RESOLUTION,)


def test_blame_on_another_clause_is_not_blame() -> None:
    trial = BENCH.trial(mutant("create.input.prompt.maxLength", "refuse=input.resolution=2K"))
    assert (trial.fate, trial.blamed, trial.others) == ("killed", False, 1)


def test_what_cannot_keep_standing_is_no_other() -> None:
    broken = mutant("create.input.prompt.maxLength", "refuse=input.resolution=2K")
    assert BENCH.trial(replace(broken, also=frozenset((RESOLUTION,)))).others == 0
    either = BENCH.trial(replace(broken, either=frozenset((RESOLUTION,))))
    assert (either.blamed, either.others) == (True, 0)


def test_a_clause_that_is_kept_and_not_seen_broken_is_a_survivor_with_its_reason() -> None:
    trial = BENCH.trial(mutant("create.input.prompt.maxLength"))
    assert (trial.fate, trial.testable, trial.reason) == (
        "survived",
        True,
        "unseen: no case shows it",
    )


def test_identical_traces_excuse_only_what_is_not_tried_anyway() -> None:
    assert BENCH.trial(mutant("create.input.quality.type")).fate == "equivalent"
    seen = BENCH.trial(mutant("create.input.quality.type", "add=status:data.extra=1"))
    assert (seen.fate, seen.testable) == ("survived", False)
    assert seen.reason == "untested: not observable"


def test_a_permitted_mutant_is_silent_or_a_false_alarm() -> None:
    assert BENCH.trial(mutant("pace", permitted=True)).fate == "silent"
    accused = BENCH.trial(mutant("pace", "refuse=input.resolution=2K", permitted=True))
    assert (accused.fate, accused.blamed) == ("accused", False)


@pytest.mark.parametrize(
    "name", ["aigptimage.pace alternative-chosen slow", f"{RESOLUTION} enum-opened"]
)
def test_the_same_mutant_fares_the_same_each_time(name: str) -> None:
    assert BENCH.trial(BY_NAME[name]) == Bench(AIGPTIMAGE).trial(BY_NAME[name])


@pytest.mark.parametrize("vendor", ["aigptimage"])
def test_shortcuts_change_nothing(vendor: str) -> None:
    """`python -m benchmarks.shortcuts` compares more of them."""
    contract = load_contract(vendor)
    short, long = Bench(contract), Bench(contract, at_length=True)
    every = mutants_of(contract)
    for each in every[11 :: len(every) // 4]:
        assert short.trial(each) == long.trial(each), each.name
