"""What is remembered of judging changes no verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.loading import load_contract
from conformance.judging.observe import observe
from conformance.mutation.memory import Memory
from conformance.mutation.mutants import Mutant
from conformance.mutation.operators import mutants_of
from conformance.planning.plan import make_plan
from conformance.results.cases import Plan
from conformance.results.outcome import RunResult
from conformance.run.check import run_check
from conformance.run.judge import Observer
from conformance.run.targets import embedded_target
from conformance.wire.exchange import Trace

VENDOR = load_contract("aigptimage")
EVERY = mutants_of(VENDOR)
SOME = EVERY[:: len(EVERY) // 8]
MEMORY = Memory()


class Plans:
    """Plans each once: what is remembered goes by the very case."""

    def __init__(self) -> None:
        self._known: dict[str, Plan] = {}

    def planned(self, contract: object, **wishes: object) -> Plan:
        key = repr(sorted(wishes.items()))
        if key not in self._known:
            self._known[key] = make_plan(VENDOR, **wishes)  # type: ignore[arg-type]  # as a run wishes
        return self._known[key]


PLANS = Plans()


def run(mutant: Mutant, observer: Observer) -> RunResult:
    target = embedded_target(
        VENDOR, choices=mutant.choices, deviations=mutant.deviations, faults=mutant.faults
    )
    return run_check(VENDOR, target, planner=PLANS.planned, observer=observer)


@pytest.mark.parametrize("mutant", SOME, ids=[m.name for m in SOME])
def test_verdicts_are_equal_with_the_memory_and_without(mutant: Mutant) -> None:
    run(mutant, MEMORY.observe)
    before = MEMORY.found
    with_memory, without = run(mutant, MEMORY.observe), run(mutant, observe)
    assert MEMORY.found > before
    assert with_memory.observations == without.observations
    assert with_memory.verdicts == without.verdicts


def test_another_reply_is_judged_again() -> None:
    result = run(SOME[0], observe)
    case = result.plan.cases[0]
    mine = tuple(e for e in result.exchanges.values() if e.case == case.id)
    reply = mine[0].reply
    assert reply is not None
    broken = replace(mine[0], reply=replace(reply, status=500))
    memory = Memory()
    first = memory.observe(VENDOR, case, Trace(case=case.id, exchanges=mine))
    assert memory.observe(VENDOR, case, Trace(case=case.id, exchanges=mine)) is first
    other = memory.observe(VENDOR, case, Trace(case=case.id, exchanges=(broken, *mine[1:])))
    assert (memory.found, other == first) == (1, False)
