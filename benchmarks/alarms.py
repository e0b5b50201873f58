"""
How often is a vendor accused that does only what documents permit? `python -m benchmarks alarms --runs 1000`.

Each run asks one vendor's simulator, which answers with one alternative of every choice, drawn at random, and makes no,
one or two sorts of trouble. Whoever is accused, or left unsettled, is printed with what reproduces it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract
from conformance.results.outcome import RunResult
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target
from conformance.simulator.choices import derive_choices

__all__ = ["Run", "alarms", "draw"]

# Trouble through which every clause can still be settled: it passes, or it is nothing that documents forbid.
_NOISE = (
    "throttle",
    "poll-error",
    "slow",
    "extra-fields",
    "extra-headers",
    "other-language",
)
# The same creation answered 5xx by both of these had its answer: what is refused like that twice is not trouble.
_ONE_OF = ("server-error-once", "unavailable")
_CHANCE = (
    0.25  # that a choice is the default one: few odd answers at once are what real servers give
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run, by what reproduces it: the choices that are not the default ones, the trouble, the seed."""

    vendor: str
    choices: dict[str, str]
    faults: tuple[str, ...]
    seed: int

    def __str__(self) -> str:
        choices = ", ".join(f"{name}={value}" for name, value in self.choices.items())
        faults = ", ".join(self.faults)
        return f"{self.vendor}; choices: {choices or 'none'}; faults: {faults or 'none'}; seed {self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a run said of a vendor that breaks nothing: clause to what was said."""

    run: Run
    accused: dict[str, str]
    unsettled: dict[str, str]


def alarms(runs: int) -> None:
    """Print how many of so many runs accused anybody, or left anything unsettled, and each of these."""
    found = []
    with ProcessPoolExecutor() as pool:
        for number, one in enumerate(pool.map(_asked, draw(runs), chunksize=5), 1):
            found.append(one)
            for line in _lines(one):
                print(f"run {number}: {line}", flush=True)
    vendors = dict.fromkeys(one.run.vendor for one in found)
    print("| vendor | runs | accused | unsettled |")
    print("|---|---|---|---|")
    for vendor in vendors:
        mine = [one for one in found if one.run.vendor == vendor]
        print(f"| {vendor} | {len(mine)} | {_number(mine)} |")
    print(f"| all | {len(found)} | {_number(found)} |")


def draw(runs: int) -> Iterator[Run]:
    """So many runs over all vendors in turn, the same ones every time."""
    names = contract_names()
    for number in range(runs):
        rng = random.Random(number)
        vendor = names[number % len(names)]
        chosen = {
            choice.name: rng.choice(choice.alternatives)
            for choice in derive_choices(_contract(vendor))
            if rng.random() > _CHANCE
        }
        noise = [*_NOISE, rng.choice(_ONE_OF)]
        faults = tuple(rng.sample(noise, rng.randrange(3)))
        yield Run(vendor=vendor, choices=chosen, faults=faults, seed=number)


@cache
def _contract(vendor: str) -> Contract:
    return load_contract(vendor)


def _asked(run: Run) -> _Found:
    contract = _contract(run.vendor)
    endpoint = embedded_target(contract, choices=run.choices, faults=run.faults)
    result = run_check(contract, endpoint, RunOptions(seed=run.seed))
    return _Found(
        run=run,
        accused={v.clause: v.message for v in result.verdicts if v.verdict == "violates"},
        unsettled=_unsettled(result),
    )


def _unsettled(result: RunResult) -> dict[str, str]:
    return {v.clause: v.reason for v in result.verdicts if v.verdict == "inconclusive"}


def _lines(found: _Found) -> Iterator[str]:
    for clause, said in found.accused.items():
        yield f"accused {clause}: {said} ({found.run})"
    for clause, reason in found.unsettled.items():
        yield f"unsettled {clause}: {reason} ({found.run})"


def _number(found: list[_Found]) -> str:
    accused, unsettled = (sum(map(bool, each)) for each in zip(*map(_said, found), strict=True))
    return f"{accused} | {unsettled}"


def _said(found: _Found) -> tuple[dict[str, str], dict[str, str]]:
    return found.accused, found.unsettled
