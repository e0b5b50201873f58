"""Is one mutant noticed, and is the right clause blamed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.contract.model import Contract
from conformance.errors import TargetUnusable
from conformance.mutation.memory import Memory
from conformance.mutation.mutants import Mutant
from conformance.planning.plan import make_plan
from conformance.results.cases import Plan
from conformance.results.events import CaseStarted, Event
from conformance.results.outcome import RunResult
from conformance.results.trials import Fate, Trial
from conformance.results.verdicts import Verdict
from conformance.run.check import run_check
from conformance.run.options import RunOptions
from conformance.run.targets import embedded_target
from conformance.simulator.clock import Clock, VirtualClock
from conformance.simulator.hooks import Hooks
from conformance.wire.exchange import Exchange

__all__ = ["Bench"]

_MOST_FAITHFUL = 64
_APART_S = 150.0  # longer than almost every case takes
_SHORTEST_STATE_S = (
    5.0  # where there is advice, none of the running states of a simulator is shorter
)

_UNTRIED = "untested: no request that the documents surely permit shows the value"


class Bench:
    """
    Runs the mutants of one contract. Plans, and the runs of the unmutated simulator, are made once.

    Args:
        at_length: Poll as `check` does, and judge every trace anew. Nothing else may come of it, only later:
            `python -m benchmarks.shortcuts` compares both.
    """

    def __init__(
        self, contract: Contract, *, strength: int = 1, seed: int = 0, at_length: bool = False
    ) -> None:
        self.contract = contract
        self._at_length = at_length
        self._options = (
            RunOptions(strength=strength, seed=seed)
            if at_length
            else _unhurried(contract, strength, seed)
        )
        self._memory = Memory()
        self._plans: dict[str, Plan] = {}
        self._faithful: dict[str, RunResult] = {}

    def trial(self, mutant: Mutant) -> Trial:
        """What becomes of a mutant."""
        if mutant.permitted:
            return self._permitted(mutant)
        faithful = self._unmutated(mutant.choices)
        before = {v.clause: v for v in faithful.verdicts}
        untried = mutant.value in faithful.plan.left_out.get(mutant.clause, ())
        testable = _word(before, mutant.clause) == "conforms" and not untried
        try:
            result = self._run(mutant.choices, mutant.deviations, mutant.faults)
        except TargetUnusable as error:
            return _trial(
                mutant, "survived", testable=testable, reason=f"nothing was judged: {error}"
            )
        accused = _accused(result)
        if accused:
            return _trial(mutant, "killed", accused, testable=testable)
        if (mutant.unwritten or not testable) and _traces(result) == _traces(faithful):
            return _trial(mutant, "equivalent", testable=testable)
        after = {v.clause: v for v in result.verdicts}
        return _trial(
            mutant,
            "survived",
            testable=testable,
            reason=_UNTRIED if untried else _reason(before, after, mutant.clause),
        )

    def _permitted(self, mutant: Mutant) -> Trial:
        try:
            accused = _accused(self._run(mutant.choices, mutant.deviations, mutant.faults))
        except TargetUnusable as error:
            return _trial(mutant, "accused", testable=False, reason=f"nothing was judged: {error}")
        return _trial(mutant, "accused" if accused else "silent", accused, testable=False)

    def _unmutated(self, choices: Mapping[str, str]) -> RunResult:
        key = repr(sorted(choices.items()))
        found = self._faithful.get(key)
        if found is None:
            if len(self._faithful) >= _MOST_FAITHFUL:
                self._faithful.clear()
            found = self._faithful[key] = self._run(choices, (), ())
        return found

    def _run(
        self,
        choices: Mapping[str, str],
        deviations: tuple[str | Hooks, ...],
        faults: tuple[str | Hooks, ...],
    ) -> RunResult:
        target = embedded_target(
            self.contract, choices=choices, deviations=deviations, faults=faults
        )
        if self._at_length:
            return run_check(self.contract, target, self._options, planner=self._planned)
        schedule = _Schedule(target.clock)

        def planned(contract: Contract, **wishes: Any) -> Plan:
            return schedule.of(self._planned(contract, **wishes))

        return run_check(
            self.contract,
            target,
            self._options,
            planner=planned,
            observer=self._memory.observe,
            on_event=schedule.hear,
        )

    def _planned(self, contract: Contract, **wishes: Any) -> Plan:
        key = repr(sorted(wishes.items(), key=lambda wish: wish[0]))
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = make_plan(contract, **wishes)
        return found


class _Schedule:
    """
    Has each case of a plan begin at a time of its own, whatever became of the cases before it.

    So a trace differs from that of the unmutated simulator only where the mutant answered otherwise, and what has been
    judged once need not be judged again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_s = clock.now()
        self._places: dict[str, int] = {}

    def of(self, plan: Plan) -> Plan:
        """The plan, whose cases have their times from now on."""
        for place, case in enumerate(plan.cases, start=1):
            # What repeats a creation follows it at once, as ever: later it would be about an old task.
            if not case.repeats:
                self._places.setdefault(case.id, place)
        return plan

    def hear(self, event: Event) -> None:
        """Let the time pass until the case is due that begins now."""
        if isinstance(event, CaseStarted) and event.case.id in self._places:
            due_s = self._began_s + self._places[event.case.id] * _APART_S
            if isinstance(self._clock, VirtualClock):
                self._clock.advance(due_s - self._clock.now())


def _unhurried(contract: Contract, strength: int, seed: int) -> RunOptions:
    """
    The options of a run that polls at the slow end of the documented advice, where there is any.

    Every documented state is still seen, and most of what a run costs is polls.
    """
    first_s, interval_s = contract.polling.first_s, contract.polling.interval_s
    return RunOptions(
        strength=strength,
        seed=seed,
        poll_sparingly=True,
        poll_delay_s=first_s[1] if first_s else None,
        poll_interval_s=max(interval_s[0], min(interval_s[1], _SHORTEST_STATE_S))
        if interval_s
        else None,
    )


def _accused(result: RunResult) -> list[str]:
    return [v.clause for v in result.verdicts if v.verdict == "violates"]


def _word(verdicts: Mapping[str, Verdict], clause: str) -> str:
    return verdicts[clause].verdict if clause in verdicts else ""


def _reason(before: Mapping[str, Verdict], after: Mapping[str, Verdict], clause: str) -> str:
    """Why nobody was accused: what became of the clause, and what it was without the mutation."""
    faithful, now = before.get(clause), after.get(clause)
    if faithful is None or now is None:
        return "no such clause"
    if faithful.verdict != "conforms":
        return f"{faithful.verdict}: {faithful.reason}"
    if now.verdict != "conforms":
        return f"{now.verdict}: {now.reason}"
    return "unseen: no case shows it"


def _traces(result: RunResult) -> list[tuple[Any, ...]]:
    """What went over the wire, and when."""
    return [_wire(exchange) for exchange in result.exchanges.values()]


def _wire(exchange: Exchange) -> tuple[Any, ...]:
    return (exchange.request, exchange.reply, exchange.picture, exchange.started_s)


def _trial(
    mutant: Mutant,
    fate: Fate,
    accused: Sequence[str] = (),
    *,
    testable: bool,
    reason: str = "",
) -> Trial:
    right = {mutant.clause, *mutant.either}
    mine = {*right, *mutant.also}
    return Trial(
        vendor=mutant.vendor,
        clause=mutant.clause,
        kind=mutant.kind,
        operator=mutant.operator,
        detail=mutant.detail,
        permitted=mutant.permitted,
        testable=testable,
        fate=fate,
        blamed=not mutant.permitted and not right.isdisjoint(accused),
        accused=tuple(accused),
        others=len(set(accused) - mine),
        reason=reason,
    )
