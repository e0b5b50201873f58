"""Which paid creations show most, so that whoever may send only some sends those?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import comb

from conformance.results.cases import Case, Witness

__all__ = ["best_first"]

_FEW = 2_000  # ways to choose, of which each is tried


def best_first(
    cases: Sequence[Case],
    before: Sequence[Case],
    *,
    count: int | None = None,
    by_cost: bool = False,
) -> list[Case]:
    """
    The same cases, each the one that shows most of what those in front of it do not.

    Args:
        before: Cases that are sent first in any case.
        count: So many will be sent: these are then chosen together. Where there are few ways to choose, the best of all
            is taken; else one is exchanged for another while that shows more.
        by_cost: What counts is what is shown for the money.
    """
    known = _shown(before)
    ordered = _greedily(cases, known, by_cost=by_cost)
    if count is None or by_cost or not 0 < count < len(ordered):
        return ordered
    if comb(len(ordered), count) <= _FEW:
        chosen = list(max(combinations(ordered, count), key=lambda c: len(known | _shown(c))))
    else:
        chosen = _exchanged(ordered[:count], ordered[count:], known)
    rest = [case for case in ordered if case not in chosen]
    return [*chosen, *_greedily(rest, known | _shown(chosen), by_cost=False)]


def _of(case: Case) -> tuple[Witness, ...]:
    return (*case.witnesses, *case.combinations)


def _shown(cases: Iterable[Case]) -> set[Witness]:
    return {witness for case in cases for witness in _of(case)}


def _greedily(cases: Sequence[Case], known: set[Witness], *, by_cost: bool) -> list[Case]:
    left, seen = list(cases), set(known)
    found: list[Case] = []
    while left:
        best = max(left, key=lambda case: _worth(case, seen, by_cost=by_cost))
        left.remove(best)
        found.append(best)
        seen.update(_of(best))
    return found


def _worth(case: Case, seen: set[Witness], *, by_cost: bool) -> float:
    new = len({witness for witness in _of(case) if witness not in seen})
    return new / case.cost.amount if by_cost and case.cost.amount else new


def _exchanged(chosen: list[Case], others: Sequence[Case], known: set[Witness]) -> list[Case]:
    """The chosen ones, one put in another's place for as long as that shows more."""
    most = len(known | _shown(chosen))
    improved = True
    while improved:
        improved = False
        for place, old in enumerate(chosen):
            rest = known | _shown([case for case in chosen if case is not old])
            spare = [case for case in others if case not in chosen]
            new = max(spare, key=lambda case: len(rest | set(_of(case))), default=old)
            number = len(rest | set(_of(new)))
            if number > most:
                chosen = [*chosen[:place], new, *chosen[place + 1 :]]
                most, improved = number, True
                break
    return chosen
