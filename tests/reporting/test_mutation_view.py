"""The numbers of a measurement, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from conformance.reporting.mutation_view import mutation_json, mutation_lines
from conformance.reporting.text import render
from conformance.results.trials import Measured, Trial, tally

BASE: dict[str, Any] = {
    "vendor": "v",
    "clause": "v.create.a.enum",
    "kind": "enum",
    "operator": "enum-opened",
    "detail": "",
    "permitted": False,
    "testable": True,
}
TRIALS = (
    Trial(**BASE, fate="killed", blamed=True, accused=("v.create.a.enum",)),
    Trial(**BASE, fate="killed", blamed=False, accused=("v.create.b.enum", "v.c"), others=2),
    Trial(**BASE, fate="survived", reason="unseen: no case shows it"),
    Trial(**{**BASE, "testable": False}, fate="survived", reason="untested: no meter"),
    Trial(**{**BASE, "testable": False}, fate="equivalent"),
    Trial(**{**BASE, "permitted": True, "kind": "status"}, fate="silent"),
    Trial(**{**BASE, "permitted": True, "kind": "status"}, fate="accused", accused=("v.x",)),
)
MEASURED = Measured(trials=TRIALS, strength=1, seconds=1.5)


def test_every_mutant_is_counted_once() -> None:
    found = tally(TRIALS)
    assert found.mutants == found.deviant + found.equivalent + found.permitted == len(TRIALS)
    assert (found.killed, found.blamed, found.must_kill) == (2, 1, 3)
    assert (found.must_killed, found.must_blamed, found.false_alarms) == (2, 1, 1)
    assert (found.others_median, found.others_mean) == (1, 1)


def test_the_json_names_each_survivor_with_its_reason() -> None:
    written = mutation_json(MEASURED)
    assert [s["reason"] for s in written["survivors"]] == [
        "unseen: no case shows it",
        "untested: no meter",
    ]
    assert sum(kind["mutants"] for kind in written["by_kind"].values()) == written["mutants"]


def test_the_table_says_how_it_counts() -> None:
    text = render(mutation_lines(MEASURED), width=200)
    assert "Of 4 deviant, 2 (50.0 %) were noticed, 1 (25.0 %) on the right clause" in text
    assert "3 of them break a clause that a check can try" in text
    assert "Survived though the clause can be tried (1)" in text
    assert "False alarms (1)" in text
    assert "no meter" not in text
    assert "no meter" in render(mutation_lines(MEASURED, verbose=True), width=200)
