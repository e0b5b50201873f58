"""How much of what can be broken does a check notice? All mutants, spread over the cores."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from conformance.contract.loading import load_contract
from conformance.mutation.mutants import Mutant
from conformance.mutation.operators import mutants_of
from conformance.mutation.trials import Bench
from conformance.results.trials import Measured, Trial

__all__ = ["Part", "drawn", "matching", "measure"]

_PART = 16
"""Mutants that a process tries before it asks for more: few, so that all processes end at about the same time."""

OnPart = Callable[[int, int], None]
"""Told how many mutants are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the mutants of one contract, by their places; mutants themselves cannot be sent to a process."""

    contract: str
    places: tuple[int, ...]
    strength: int
    seed: int


def matching(mutants: Sequence[Mutant], only: str) -> tuple[int, ...]:
    """The places of the mutants whose clause or operator a glob matches; all where it is empty."""
    return tuple(
        place
        for place, mutant in enumerate(mutants)
        if not only or fnmatchcase(mutant.clause, only) or fnmatchcase(mutant.operator, only)
    )


def drawn(mutants: Sequence[Mutant], count: int) -> tuple[int, ...]:
    """The places of so many mutants, the same each time and evenly from all kinds of clauses."""
    by_kind = sorted(range(len(mutants)), key=lambda place: (mutants[place].kind, place))
    many = min(count, len(by_kind))
    return tuple(sorted(by_kind[at * len(by_kind) // many] for at in range(many)))


def measure(
    contracts: Sequence[str],
    *,
    strength: int = 1,
    seed: int = 0,
    only: str = "",
    places: Callable[[Sequence[Mutant]], Sequence[int]] | None = None,
    processes: int | None = None,
    on_part: OnPart | None = None,
) -> Measured:
    """
    Try every mutant of some contracts.

    Args:
        contracts: Names in `specs/`, or paths.
        only: A glob over clause ids and operators.
        places: Which mutants of a contract to try, in place of `only`.
        processes: How many to spread them over; the cores of this machine where it is left out.
    """
    began_s = time.monotonic()
    count = processes or len(os.sched_getaffinity(0))
    chosen = {
        name: tuple(places(_mutants(name)) if places else matching(_mutants(name), only))
        for name in contracts
    }
    total = sum(map(len, chosen.values()))
    size = max(1, min(_PART, total // (2 * count)))
    # The contracts with most to try first: what is left at the end is short.
    parts = [
        Part(contract=name, places=some, strength=strength, seed=seed)
        for name, every in sorted(chosen.items(), key=lambda item: -len(item[1]))
        for some in _slices(every, size)
    ]
    found: dict[tuple[str, int], Trial] = {}
    for part, trials in _tried(parts, count):
        found |= {(part.contract, place): t for place, t in zip(part.places, trials, strict=True)}
        if on_part is not None:
            on_part(len(found), total)
    ordered = tuple(found[name, place] for name, every in chosen.items() for place in every)
    return Measured(trials=ordered, strength=strength, seconds=time.monotonic() - began_s)


def _slices(places: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    yield from (tuple(places[at : at + size]) for at in range(0, len(places), size))


def _tried(parts: Sequence[Part], count: int) -> Iterator[tuple[Part, tuple[Trial, ...]]]:
    if count <= 1 or len(parts) <= 1:
        yield from ((part, _trials(part)) for part in parts)
        return
    # Forked where that is safe: a program that starts us need not be written so that it can be started again.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        futures: dict[Future[tuple[Trial, ...]], Part] = {
            pool.submit(_trials, part): part for part in parts
        }
        for future in as_completed(futures):
            yield futures[future], future.result()


def _trials(part: Part) -> tuple[Trial, ...]:
    """Runs in a process of its own, which keeps its contracts, plans and pictures from part to part."""
    mutants, bench = _mutants(part.contract), _bench(part.contract, part.strength, part.seed)
    return tuple(bench.trial(mutants[place]) for place in part.places)


@lru_cache(maxsize=8)
def _mutants(contract: str) -> tuple[Mutant, ...]:
    return mutants_of(load_contract(contract))


@lru_cache(maxsize=8)
def _bench(contract: str, strength: int, seed: int) -> Bench:
    return Bench(load_contract(contract), strength=strength, seed=seed)
