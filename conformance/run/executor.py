"""
In which order are the cases of a plan sent, and when does a run stop?

One carrier first, then what is free, then what is paid for; then whatever was refused is narrowed down, whatever met
trouble is asked once more, and each finished task is looked at once more. Cases that need the clock come then, and what
is generated beyond the plan last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypedDict

from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract
from conformance.planning.values import RUN
from conformance.results.cases import Case, Plan
from conformance.results.entries import Skipped
from conformance.results.events import CaseDone, CaseStarted
from conformance.results.replayed import NOT_RECORDED
from conformance.run.beside import (
    creation_cases,
    faults_of_the_client,
    query_cases,
    what_was_covered,
)
from conformance.run.carriers import find_plan
from conformance.run.conversation import Talk, converse, first_request
from conformance.run.downloads import fetch_missed
from conformance.run.following import ask_again_at_the_end
from conformance.run.narrowing import Narrowing
from conformance.run.purse import CAP, STOP, Reservation
from conformance.run.replaying import TapedAsker
from conformance.run.session import Session
from conformance.run.usable import Health

__all__ = ["Executor"]

_AGAIN = ("trouble", "throttled", "not-sent")


class _Asked(TypedDict):
    """What the purse wants to know of a creation."""

    invalid: bool
    cost: float


class Executor:
    """One run of one contract against one target."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._health = Health(session)
        self._skipped: dict[str, Skipped] = {}
        self._carriers: dict[str, tuple[Case, Talk]] = {}
        self._again: list[Case] = []
        self._following: dict[str, list[Case]] = {}
        self._held: dict[str, Reservation] = {}
        self._narrowing = Narrowing(session, self._ask)
        self._hopeless = ""
        self._closed: set[str] = set()
        self._unrepeated = 0
        prices = (a for cell in session.contract.charging.cells for a in cell.any_of)
        self._dearest_cell = max(prices, default=0.0)
        self._details: dict[str, str] = {}

    async def run(self) -> None:
        """
        Send everything, within the cap.

        Raises:
            TargetUnusable: Nothing can be judged.
            ConformanceError: The record cannot be written any further.
        """
        plan, carrier = await find_plan(self._session, self._carrier)
        self._health.check()
        kept = {case.id for case in plan.cases}
        for case, talk in self._carriers.values():
            if talk.outcome.kind in _AGAIN and case.id in kept:
                self._again.append(case)
            else:
                self._narrowing.hear(case, talk)
        capped = any(skipped.capped for skipped in self._skipped.values())
        if self._carriers and not self._session.tasks and not capped:
            self._hopeless = f"depends on {_answering_clause(self._session.contract)}"
        self._narrowing.plan, self._narrowing.carrier = plan, carrier
        heard = {*self._carriers, *self._skipped}
        free, paid, timed = _stages([c for c in plan.cases if c.id not in heard])
        await self._each(free, self._ask, self._hear)
        self._health.check(free_asked=True)
        await self._each(paid, self._ask, self._hear)
        await self._narrowing.work()
        await self._ask_again()
        await self._narrowing.work()
        await self._besides()
        await self._repeat(plan)
        await self._wait_for_callbacks()
        await self._look_again()
        for case in timed:
            await self._case(case)
        await self._explore(plan, carrier)
        await self._fuzz(plan)

    async def _repeat(self, plan: Plan) -> None:
        """
        Ask what was asked once more, and again, the free first; what may not be spent is left out.

        What comes of it only the judge compares: the first answers decided already what else was asked.
        """
        session = self._session
        asked = [c for c in plan.cases if c.id not in self._skipped and _is_repeatable(c)]
        for number in range(2, session.options.repeat + 1):
            free, paid, _ = _stages(_copies(asked, number))
            for cases in (free, paid):
                await self._each(cases, self._ask_once_more, lambda *_: None)
        if self._unrepeated:
            session.note(
                f"{self._unrepeated} repetitions were left out, for the caps do not permit more"
            )

    async def _ask_once_more(self, case: Case) -> Talk | None:
        """Send a copy of a case within the cap; where that is not permitted, it leaves no trace."""
        granted = await self._granted(case) if not self._why_not(case) else STOP
        if isinstance(granted, str):
            self._unrepeated += granted == CAP
            return None
        self._session.journal.write(case)
        return await self._sent(case, granted)

    async def _explore(self, plan: Plan, carrier: int) -> None:
        """Generate further requests, last of all: on the simulator's clock they take longer than results live."""
        session = self._session
        if not session.options.explore or self._health.stopped or self._hopeless:
            return
        from conformance.run.exploring import Explorer  # hypothesis is heavy, and an extra

        before = frozenset(session.finished)
        await Explorer(session, plan, carrier, self._narrowing, self._try).run()
        await self._look_again(but=before)

    async def _fuzz(self, plan: Plan) -> None:
        """Send what Schemathesis generates."""
        session = self._session
        if not session.options.fuzz or self._health.stopped or self._hopeless:
            return
        from conformance.run.fuzzing import Fuzzer  # schemathesis is heavy, and an extra

        before = frozenset(session.finished)
        await Fuzzer(session, plan, self._try).run()
        await self._look_again(but=before)

    async def _try(self, case: Case) -> Talk | None:
        """Send a case that no clause waits for, if that may be spent; None where not, which leaves no trace."""
        if self._why_not(case):
            return None
        reservation = None
        if case.operation == "create":
            reservation = self._recalled(case) or self._session.purse.try_reserve(
                **self._asked_of_the_purse(case)
            )
            if reservation is None:
                return None
        self._session.journal.write(case)
        return await self._sent(case, reservation)

    async def _besides(self) -> None:
        """Judge what somebody else recorded, and no plan asks for, as far as it goes."""
        session, tape = self._session, self._session.endpoint.tape
        if tape is None or not tape.is_plain:
            return
        contract, base_url = session.contract, session.endpoint.base_url
        for said in faults_of_the_client(contract, tape):
            session.note(said)
        for cases in (creation_cases, query_cases):
            for case in cases(contract, tape, base_url):
                session.journal.write(case)
                free = session.purse.try_reserve(invalid=False, cost=0.0)
                await self._sent(case, free if case.operation == "create" else None)
        await self._look_again()
        session.note(what_was_covered(tape))

    # --- one case ---

    async def _carrier(self, case: Case) -> Talk | None:
        talk = await self._ask(case)
        if talk is not None:
            self._carriers[case.id] = (case, talk)
        return talk

    async def _case(self, case: Case) -> None:
        talk = await self._ask(case)
        if talk is not None:
            self._hear(case, talk)

    def _hear(self, case: Case, talk: Talk) -> None:
        if talk.outcome.kind in _AGAIN or (talk.outcome.kind == "active-limit" and not case.breaks):
            self._again.append(case)
        else:
            self._narrowing.hear(case, talk)

    async def _ask(self, case: Case) -> Talk | None:
        """Send a case within the cap; None where it is skipped."""
        reason = self._why_not(case)
        if reason and case.id in self._held:
            self._session.purse.release(self._held.pop(case.id))
        granted = await self._granted(case) if not reason else None
        if isinstance(granted, str):
            reason = granted
        if reason or isinstance(granted, str):
            self._skip(case, reason)
            return None
        return await self._sent(case, granted)

    async def _sent(self, case: Case, granted: Reservation | None) -> Talk:
        vendor = self._session.contract.vendor
        self._session.on_event(CaseStarted(vendor=vendor, case=case))
        talk = await converse(self._session, case, granted)
        self._session.on_event(
            CaseDone(vendor=vendor, case=case, kind=talk.outcome.kind, code=talk.outcome.code)
        )
        self._health.hear(case, talk)
        self._close_line(case, talk)
        return talk

    def _close_line(self, case: Case, talk: Talk) -> None:
        """Whoever charges for what it should refuse is not asked about the same clause again."""
        if case.breaks is None or not talk.accepted or self._session.endpoint.target.loopback:
            return
        if case.expect == "refused-or-failed" and talk.phase == "failed":
            return
        if case.breaks.clause not in self._closed:
            self._closed.add(case.breaks.clause)
            self._session.note(
                f"{case.id} was accepted though it breaks {case.breaks.clause}: that clause is not probed any further"
            )

    async def _granted(self, case: Case) -> Reservation | str | None:
        """What a creation may spend, or why it may not; None where it is none."""
        if case.operation != "create":
            return None
        recalled = self._recalled(case)
        if recalled is not None:
            return recalled
        held = self._held.pop(case.id, None)
        if held is not None:
            return held
        if case.send.key == "right":
            granted = await self._session.purse.reserve(**self._asked_of_the_purse(case))
            if isinstance(granted, Reservation):
                self._hold(self._following.get(case.id, ()))
            return granted
        # Free by right, and sent whatever the cap. Accepted nevertheless, it takes from the cap while there is any.
        return self._session.purse.try_reserve(invalid=True, cost=self._dearest(case))

    def _recalled(self, case: Case) -> Reservation | None:
        """What an earlier part of the run was granted for this creation."""
        past = self._session.past
        return past.reservation(case.id) if past is not None else None

    def _hold(self, cases: Iterable[Case]) -> None:
        """Set aside what these need, so that nothing else takes it before they are sent."""
        past = self._session.past
        for case in cases:
            if past is not None and past.is_reserved(case.id):
                continue
            held = self._session.purse.try_reserve(**self._asked_of_the_purse(case))
            if held is not None:
                self._held[case.id] = held

    def _asked_of_the_purse(self, case: Case) -> _Asked:
        return {"invalid": case.breaks is not None, "cost": self._dearest(case)}

    def _dearest(self, case: Case) -> float:
        """What it costs at worst; what no cell of the price table speaks of may cost as much as any does."""
        return max(case.cost.amount, case.worst_cost.amount) or self._dearest_cell

    def _skip(self, case: Case, reason: str) -> None:
        if reason == STOP and not any(s.reason == STOP for s in self._skipped.values()):
            self._session.note(f"{STOP}, so no more of them are sent")
        detail = self._details.get(case.id, "") if reason == NOT_RECORDED else ""
        skipped = Skipped(case=case.id, reason=reason, capped=reason == CAP, detail=detail)
        self._skipped[case.id] = skipped
        self._session.journal.write(skipped)

    # --- what keeps a case from being sent ---

    def _why_not(self, case: Case) -> str:
        if self._health.stopped:
            return self._health.stopped
        missing = next((need for need in case.needs if not self._at_hand(need)), "")
        if missing:
            return f"needs: {missing}"
        if self._hopeless and case.operation == "create" and case.send.key == "right":
            return self._hopeless
        if case.breaks is not None and case.breaks.clause in self._closed:
            return f"stopped: a request that breaks {case.breaks.clause} was accepted and charged"
        return self._lacking(case) or self._unrecorded(case)

    def _unrecorded(self, case: Case) -> str:
        """Why a cassette has no answer to a case."""
        asker = self._session.asker
        if not isinstance(asker, TapedAsker) or case.operation == "result":
            return ""
        request = first_request(self._session, case)
        reason, self._details[case.id] = asker.why_not(case.id, case.operation, request)
        return reason

    def _at_hand(self, need: str) -> bool:
        match need:
            case "clock":
                return self._session.endpoint.kind == "simulator"
            case "image":
                return bool(self._session.images.reference)
        return False

    def _lacking(self, case: Case) -> str:
        """Why a case has no task, or no earlier creation, to speak about."""
        for name in filter(None, (case.needs_task, case.repeats)):
            if name not in self._session.tasks:
                skipped = self._skipped.get(name)
                clause = _answering_clause(self._session.contract)
                return skipped.reason if skipped else f"depends on {clause}"
        return ""

    # --- many cases ---

    async def _each(
        self,
        cases: Sequence[Case],
        ask: Callable[[Case], Awaitable[Talk | None]],
        hear: Callable[[Case, Talk], None],
    ) -> None:
        """
        Every case, in order; on sockets several at a time, but none before what it builds on.

        What repeats a creation is sent right after it: most repeats are free, and under a cap none is left for later.
        """
        done = {case.id: asyncio.Event() for case in cases}
        self._following = {c.id: [f for f in cases if f.repeats == c.id] for c in cases}
        led = [case for case in cases if case.repeats not in done]
        past = self._session.past
        if past is not None:
            # They may hold what others wait for.
            led.sort(key=lambda case: not past.is_open(case.id))
        heard: dict[str, Talk] = {}

        async def work(case: Case) -> None:
            together = [case, *self._following[case.id]]
            try:
                if case.needs_task in done:
                    await done[case.needs_task].wait()
                async with self._session.pace.slot():
                    for each in together:
                        talk = await ask(each)
                        if talk is not None:
                            heard[each.id] = talk
            finally:
                for each in together:
                    done[each.id].set()

        await self._together([partial(work, case) for case in led])
        for case in cases:
            # In the plan's order, whichever was through first: what follows is then always the same.
            if case.id in heard:
                hear(case, heard[case.id])

    async def _together(self, works: Sequence[Callable[[], Awaitable[None]]]) -> None:
        if self._session.endpoint.sequential:
            for work in works:
                await work()
            return
        try:
            async with asyncio.TaskGroup() as group:
                for work in works:
                    group.create_task(_awaited(work))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _ask_again(self) -> None:
        """Trouble that passes is no answer: ask each such case once more."""
        cases, self._again = self._again, []
        for case in cases:
            talk = await self._ask(case)
            if talk is not None:
                self._narrowing.hear(case, talk)

    async def _wait_for_callbacks(self) -> None:
        """Give every callback that was asked for the time to come."""
        calls = self._session.calls
        if calls is None or self._health.stopped:
            return
        await calls.wait()
        for each in calls.ended:
            self._session.tell(each.case, each.outcome, each.facts)

    async def _look_again(self, *, but: frozenset[str] = frozenset()) -> None:
        """One more poll of each task that has ended, and one more try at results that met trouble."""
        session = self._session
        finished = [(t, c) for t, c in session.worth_another_look() if t not in but]
        if self._health.stopped or not finished:
            return
        if session.endpoint.sequential:
            await session.sleep(session.waits.interval_s)
        await fetch_missed(session)

        async def work(task_id: str, case: str) -> None:
            async with session.pace.slot():
                await ask_again_at_the_end(session, case, task_id)

        await self._together([partial(work, *each) for each in finished])


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def _is_repeatable(case: Case) -> bool:
    """Not what needs the clock, and not what is about a repetition itself: its key must be new to the vendor."""
    keyed = any(RUN in value for _, value in case.send.headers)
    return not (keyed or case.repeats or "clock" in case.needs or case.operation == "result")


def _copies(cases: Sequence[Case], number: int) -> list[Case]:
    """The same requests under names of their own, each about the task of its own copy."""
    names = {case.id: f"{case.id}@{number}" for case in cases}
    return [
        replace(
            case,
            id=names[case.id],
            again=case.id,
            needs_task=names.get(case.needs_task, case.needs_task),
        )
        for case in cases
    ]


def _stages(cases: Sequence[Case]) -> tuple[list[Case], list[Case], list[Case]]:
    """What is free, what is paid for, and what needs the clock; each in the plan's order."""
    free: list[Case] = []
    paid: list[Case] = []
    timed: list[Case] = []
    later: set[str] = set()
    for case in cases:
        builds_on = {case.needs_task, case.repeats} & later
        stage = timed if "clock" in case.needs else paid if builds_on or _is_paid(case) else free
        stage.append(case)
        if stage is not free:
            later.add(case.id)
    return free, paid, timed


def _is_paid(case: Case) -> bool:
    return case.operation == "create" and case.expect in ("accepted", "either")


def _answering_clause(contract: Contract) -> str:
    """The clause that a refused plain creation breaks."""
    return next(_answering_clauses(contract), f"{contract.vendor}.create.path")


def _answering_clauses(contract: Contract) -> Iterator[str]:
    for clause in derive_clauses(contract):
        if clause.topic == "success" and clause.operation == "create":
            yield clause.id
