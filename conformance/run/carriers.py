"""Which plain creation does the target accept first, which page does it follow, and what plan follows from that?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product

from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract
from conformance.planning.narrow import narrow
from conformance.planning.requests import CARRIERS
from conformance.results.cases import Case, Plan
from conformance.results.entries import Planned
from conformance.results.events import Planned as PlannedEvent
from conformance.run.conversation import Talk
from conformance.run.session import Session

__all__ = ["Ask", "find_plan"]

Ask = Callable[[Case], Awaitable[Talk | None]]
"""Sends one case; None where it was skipped."""

_MOST_DIALECTS = 8
_STAND_INS = 4
_PASSES = ("trouble", "throttled", "active-limit")


async def find_plan(session: Session, ask: Ask) -> tuple[Plan, int]:
    """
    Send plain creations until one is accepted, and then the probe of what the documents dispute.

    First the carriers of the default dialect. Where they, or the probe, are refused, the other ways to settle the
    disputes about requests, each with its carrier and its probe; where every probe is refused, the dialect counts of
    which something else is accepted. Where no carrier is accepted, valid creations of the plan stand in for it.

    Returns:
        The plan of what was accepted, else the first one; and the kind of its carriers.
    """
    return await _Search(session, ask).plan()


class _Search:
    """What has been asked so far, in the search for a plan."""

    def __init__(self, session: Session, ask: Ask) -> None:
        self._session = session
        self._ask = ask
        self._heard: list[tuple[Case, Talk | None]] = []
        self._kept: Plan | None = None

    async def plan(self) -> tuple[Plan, int]:
        """See `find_plan`."""
        first = self._made(0, {})
        if not first.cases:
            self._keep(first)
            return first, 0
        plan, kind, talk = await self._carrier(first)
        if talk is None or (talk.accepted and not _is_refused(await self._probe(plan))):
            return plan, kind
        if talk.accepted or _is_refused(talk):
            other = await self._dialect(kind)
            if other is not None:
                return other, kind
        if talk.accepted:
            self._keep(plan)
            return plan, kind
        return await self._spoken(kind, talk) or await self._stood_in(first, talk), 0

    async def _carrier(self, first: Plan) -> tuple[Plan, int, Talk | None]:
        """The first plan of the default dialect whose carrier is accepted, else the first one."""
        talk = await self._answer(first, first.cases[0])
        for kind in range(1, CARRIERS):
            if talk is None or talk.accepted:
                return first, 0, talk
            plan = self._made(kind, {})
            if not self._is_known(plan.cases[0]):
                talk = await self._answer(plan, plan.cases[0])
                if talk is None or talk.accepted:
                    return plan, kind, talk
        return first, 0, talk

    async def _probe(self, plan: Plan) -> Talk | None:
        probe = next((case for case in plan.cases if case.id == plan.probe), None)
        return await self._answer(plan, probe) if probe is not None else None

    async def _dialect(self, kind: int) -> Plan | None:
        """The plan of the first other dialect that the target understands."""
        understood: list[Mapping[str, str]] = []
        for dialect in islice(_dialects(self._session.contract), 1, _MOST_DIALECTS + 1):
            plan = self._made(kind, dialect)
            talk = await self._answer(plan, plan.cases[0])
            if talk is None:
                return plan
            if talk.accepted and not _is_refused(await self._probe(plan)):
                self._keep(plan)
                return plan
            if talk.accepted:
                understood.append(dialect)
        return await self._half_understood(kind, understood)

    async def _half_understood(
        self, kind: int, dialects: Sequence[Mapping[str, str]]
    ) -> Plan | None:
        """
        The plan of the first dialect of which some word is taken; None where that is the default one, or none is.

        One value that is wrongly refused must not make a vendor look as if it followed another page.
        """
        plans = [self._made(kind, dialect) for dialect in dialects]
        if not plans or await self._takes_words(self._made(kind, {}), kind, plans):
            return None
        for dialect in dialects:
            plan = self._made(kind, dialect)
            if await self._takes_words(plan, kind, [self._made(kind, {})]):
                self._keep(plan)
                return plan
        return None

    async def _takes_words(self, plan: Plan, kind: int, others: Sequence[Plan]) -> bool:
        """Whether something of the plan's probe that not all others say is accepted without the rest."""
        probe = next((case for case in plan.cases if case.id == plan.probe), None)
        if probe is None:
            return False
        disputed = {c.id for c in derive_clauses(self._session.contract) if c.dispute}
        own = [
            f
            for f in probe.features
            if f.witness.clause in disputed
            and any(f.witness.value not in o.required.get(f.witness.clause, ()) for o in others)
        ]
        session = self._session
        parts = narrow(session.contract, plan, probe, own, images=session.images, carrier=kind)
        for number, part in enumerate(parts, 1):
            case = replace(part, id=f"{probe.id}/word-{number}")
            if not self._is_known(case):
                self._keep(plan)
                session.journal.write(case)
            talk = await self._answer(plan, case)
            if talk is not None and talk.accepted:
                return True
        return False

    async def _spoken(self, kind: int, talk: Talk | None) -> Plan | None:
        """
        The plan of the first dialect whose probe is accepted, where no carrier is, in whose place the probe stands then.

        Who refuses whatever lacks some optional field takes a request that says all that is disputed.
        """
        if not _is_refused(talk):
            return None
        for dialect in islice(_dialects(self._session.contract), _MOST_DIALECTS + 1):
            plan = self._made(kind, dialect)
            probe = await self._probe(plan)
            if probe is not None and probe.accepted:
                plan = _asking_about(plan, plan.probe)
                self._keep(plan)
                return plan
        return None

    async def _stood_in(self, plan: Plan, talk: Talk | None) -> Plan:
        """The plan, in which the first valid creation that is accepted takes the carrier's place."""
        self._keep(plan)
        for case in _stand_ins(plan):
            # What does not speak JSON, or refuses the key, gives the same answer to anything.
            if talk is None or talk.outcome.kind == "malformed" or _is_about_the_key(talk):
                return plan
            talk = await self._answer(plan, case)
            if talk is not None and talk.accepted:
                plan = _asking_about(plan, case.id)
                self._keep(plan)
                return plan
        return plan

    async def _answer(self, plan: Plan, case: Case) -> Talk | None:
        """
        How a creation was answered, asked now unless it was asked before.

        One that meets trouble that passes is asked once more, for everything stands on it.
        """
        for other, talk in self._heard:
            if other.send == case.send:
                return talk
        self._keep(plan)
        talk = await self._ask(case)
        if talk is not None and talk.outcome.kind in _PASSES:
            await self._session.sleep(self._session.waits.interval_s, case.id, "create")
            talk = await self._ask(case) or talk
        self._heard.append((case, talk))
        return talk

    def _is_known(self, case: Case) -> bool:
        return any(other.send == case.send for other, _ in self._heard)

    def _made(self, kind: int, dialect: Mapping[str, str]) -> Plan:
        """A plan, in which a case that was sent keeps its id, and no other case has it."""
        session = self._session
        plan = session.planner(
            session.contract,
            strength=session.options.strength,
            seed=session.options.seed,
            max_billed=session.options.max_billed,
            by_cost=session.options.budget is not None,
            dialect=dialect,
            carrier=kind,
            images=session.images,
            only=session.options.only,
            with_clock=session.endpoint.kind == "simulator",
            callbacks=session.callbacks,
        )
        names: dict[str, str] = {}
        for case in plan.cases:
            if case.id in {other.id for other, _ in self._heard}:
                names[case.id] = self._name(case)
        return _renamed(plan, names) if names else plan

    def _name(self, case: Case) -> str:
        twin = next((other.id for other, _ in self._heard if other.send == case.send), "")
        taken = {other.id for other, _ in self._heard}
        numbered = (f"{case.id}~{number}" for number in range(2, len(taken) + 3))
        return twin or next(name for name in numbered if name not in taken)

    def _keep(self, plan: Plan) -> None:
        """Write the plan down, before anything of it is sent."""
        if plan is self._kept:
            return
        self._kept = plan
        self._session.journal.write(*plan.cases, _entry(plan))
        event = PlannedEvent(vendor=plan.vendor, cases=len(plan.cases), billed=plan.billed)
        self._session.on_event(event)


def _is_refused(talk: Talk | None) -> bool:
    """Whether the words may be another page's. Trouble that lasts between accepted creations is a refusal, too."""
    kinds = ("refused", "trouble")
    return talk is not None and talk.outcome.kind in kinds and not _is_about_the_key(talk)


def _is_about_the_key(talk: Talk) -> bool:
    return talk.outcome.code in (401, 403)


def _dialects(contract: Contract) -> Iterator[dict[str, str]]:
    """Every way to settle the disputes about creations, those that differ least from the default first."""
    create = contract.operation("create")
    parts = [f.dispute for f in create.fields] + [r.dispute for r in create.rules] if create else []
    named = {part.dispute for part in parts if part}
    disputes = [d for d in contract.disputes if d.name in named]
    ways = product(*(range(len(d.alternatives)) for d in disputes))
    for way in sorted(ways, key=lambda way: (sum(n > 0 for n in way), way)):
        yield {d.name: d.alternatives[n].name for d, n in zip(disputes, way, strict=True)}


def _stand_ins(plan: Plan) -> list[Case]:
    """A few valid creations, those of models not tried yet first, and then the one that says most."""
    valid = [
        c
        for c in plan.cases[1:]
        if c.operation == "create" and c.expect == "accepted" and not (c.repeats or c.needs)
    ]
    models = {plan.cases[0].model}
    others: list[Case] = []
    for case in valid:
        if case.model not in models:
            models.add(case.model)
            others.append(case)
    # What is refused for want of something is accepted in the fullest.
    ordered = [*others, *sorted(valid, key=lambda c: -len(c.assignment))[:1], *valid]
    return [c for i, c in enumerate(ordered) if c not in ordered[:i]][:_STAND_INS]


def _asking_about(plan: Plan, name: str) -> Plan:
    """The plan, in which questions about the carrier's task are about that of another case."""
    carrier = plan.cases[0].id
    cases = (replace(c, needs_task=name) if c.needs_task == carrier else c for c in plan.cases)
    return replace(plan, cases=tuple(cases))


def _renamed(plan: Plan, names: Mapping[str, str]) -> Plan:
    cases = tuple(
        replace(
            case,
            id=names.get(case.id, case.id),
            needs_task=names.get(case.needs_task, case.needs_task),
            repeats=names.get(case.repeats, case.repeats),
        )
        if {case.id, case.needs_task, case.repeats} & names.keys()
        else case
        for case in plan.cases
    )
    return replace(plan, cases=cases, probe=names.get(plan.probe, plan.probe))


def _entry(plan: Plan) -> Planned:
    return Planned(
        vendor=plan.vendor,
        strength=plan.strength,
        cases=tuple(case.id for case in plan.cases),
        required=plan.required,
        left_out=plan.left_out,
        unplanned=plan.unplanned,
        lower_bound=plan.lower_bound,
        probe=plan.probe,
        dialect=plan.dialect,
    )
