"""A sample of all mutants, over several processes: what a check notices, and whom it accuses."""

from __future__ import annotations

from conformance.contract.loading import contract_names
from conformance.mutation.measure import drawn, matching, measure
from conformance.mutation.mutants import Mutant
from conformance.results.trials import tally

SAMPLE = 60


def test_a_sample_of_every_contracts_mutants_is_noticed() -> None:
    measured = measure(
        contract_names(), places=lambda every: drawn(every, SAMPLE // len(contract_names()))
    )
    found = tally(measured.trials)
    assert found.mutants == SAMPLE
    assert [t for t in measured.trials if t.fate == "accused"] == []
    assert found.must_killed >= 0.95 * found.must_kill
    assert found.must_blamed >= 0.92 * found.must_kill
    assert found.others_median == 0


def test_the_number_of_processes_changes_nothing() -> None:
    only = "*.input.resolution.*"
    one = measure(["aigptimage"], only=only, processes=1)
    two = measure(["aigptimage"], only=only, processes=2)
    assert one.trials == two.trials
    assert len(one.trials) > 3


def test_progress_ends_with_all_of_them() -> None:
    told: list[tuple[int, int]] = []
    measured = measure(
        ["aigptimage"], only="enum-value-dropped", on_part=lambda *at: told.append(at)
    )
    assert told[-1] == (len(measured.trials), len(measured.trials))


def test_a_glob_matches_clauses_and_operators() -> None:
    some = [
        Mutant(vendor="v", clause="v.create.a.enum", kind="enum", operator="enum-opened"),
        Mutant(vendor="v", clause="v.create.b.type", kind="type", operator="type-loosened"),
    ]
    assert matching(some, "*.enum") == (0,)
    assert matching(some, "type-*") == (1,)
    assert matching(some, "") == (0, 1)


def test_a_sample_is_drawn_evenly_from_all_kinds() -> None:
    some = [
        Mutant(vendor="v", clause=f"v.{n}", kind="a" if n < 6 else "b", operator="o")
        for n in range(12)
    ]
    assert drawn(some, 4) == (0, 3, 6, 9)
    assert drawn(some, 99) == tuple(range(12))
    assert drawn([], 3) == ()
