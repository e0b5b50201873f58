"""What became of one mutant, and of many?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Literal

__all__ = ["Fate", "Measured", "Tally", "Trial", "tally"]

Fate = Literal["killed", "survived", "equivalent", "silent", "accused"]
"""
Of a deviant mutant: some clause was found violated, or none was, or no reply differed. Of a permitted one: nobody was
accused, or somebody was.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    One mutant, and whether it was noticed.

    Args:
        testable: The unmutated simulator's verdict on the clause was `conforms`: so a deviant must be noticed.
        blamed: The mutated clause is among those found violated.
        accused: All clauses found violated.
        others: How many of them are neither the mutated one nor bound to break with it.
        reason: Why a survivor survived.
    """

    vendor: str
    clause: str
    kind: str
    operator: str
    detail: str
    permitted: bool
    testable: bool
    fate: Fate
    blamed: bool = False
    accused: tuple[str, ...] = ()
    others: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All trials of one measurement, in the order of the mutants. `seconds` is on the wall."""

    trials: tuple[Trial, ...]
    strength: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """
    How many there are.

    `deviant` leaves the equivalent out. `must_kill` are the deviant whose clause the unmutated simulator was found to
    keep; `must_killed` and `must_blamed` are those of them that were noticed, and on the right clause.
    """

    mutants: int
    deviant: int
    killed: int
    blamed: int
    must_kill: int
    must_killed: int
    must_blamed: int
    others_median: float
    others_mean: float
    equivalent: int
    permitted: int
    false_alarms: int


def tally(trials: Iterable[Trial]) -> Tally:
    """The numbers of some trials."""
    every = tuple(trials)
    deviant = [t for t in every if t.fate in ("killed", "survived")]
    killed = [t for t in deviant if t.fate == "killed"]
    must = [t for t in deviant if t.testable]
    others = [t.others for t in killed]
    return Tally(
        mutants=len(every),
        deviant=len(deviant),
        killed=len(killed),
        blamed=_blamed(killed),
        must_kill=len(must),
        must_killed=sum(t.fate == "killed" for t in must),
        must_blamed=_blamed(must),
        others_median=float(median(others)) if others else 0.0,
        others_mean=round(mean(others), 3) if others else 0.0,
        equivalent=sum(t.fate == "equivalent" for t in every),
        permitted=sum(t.permitted for t in every),
        false_alarms=sum(t.fate == "accused" for t in every),
    )


def _blamed(trials: Sequence[Trial]) -> int:
    return sum(t.blamed for t in trials)
