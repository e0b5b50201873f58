"""Which plain creation does the target accept first, and which plan follows from that?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice, product

from conformance.contract.model import Contract
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
_STAND_INS = 3
_PASSES = ("trouble", "throttled", "active-limit")


async def find_plan(session: Session, ask: Ask) -> tuple[Plan, int]:
    """
    Send plain creations until one is accepted.

    First the carriers of the default dialect; then, where they were refused, one for each other way to settle the
    disputes about requests; then valid creations of the plan itself, of other models before others. Trouble that
    passes is asked about once more, for the plan stands on this answer.

    Returns:
        The plan of the creation that was accepted, else the first one; and the kind of its carriers.
    """
    plans: list[Plan] = []
    talk: Talk | None = None
    for carrier, dialect in _attempts(session.contract):
        if dialect and not _is_refused(talk):
            break  # no answer, so none that another document could explain
        plan = _plan(session, carrier, dialect)
        if any(_same(plan, other) for other in plans):
            continue
        plan = _renamed(plan, {case.id for other in plans for case in other.cases[:1]})
        _keep(session, plan)
        plans.append(plan)
        if not plan.cases:
            return plan, carrier
        talk = await ask(plan.cases[0])
        if talk is not None and talk.outcome.kind in _PASSES and len(plans) == 1:
            await session.sleep(session.waits.interval_s)
            talk = await ask(plan.cases[0]) or talk
        if talk is None or talk.accepted:
            return plan, carrier
    return await _with_stand_in(session, ask, plans[0], talk), 0


def _is_refused(talk: Talk | None) -> bool:
    return talk is not None and talk.outcome.kind == "refused" and not _is_about_the_key(talk)


def _is_about_the_key(talk: Talk) -> bool:
    return talk.outcome.code in (401, 403)


async def _with_stand_in(session: Session, ask: Ask, plan: Plan, talk: Talk | None) -> Plan:
    """The plan, in which the first valid creation that is accepted takes the carrier's place."""
    _keep(session, plan)
    for case in _stand_ins(plan):
        # What does not speak JSON, or refuses the key, gives the same answer to anything.
        if talk is None or talk.outcome.kind == "malformed" or _is_about_the_key(talk):
            return plan
        talk = await ask(case)
        if talk is not None and talk.accepted:
            plan = _asking_about(plan, case.id)
            _keep(session, plan)
            return plan
    return plan


def _asking_about(plan: Plan, name: str) -> Plan:
    """The plan, in which questions about the carrier's task are about that of another case."""
    carrier = plan.cases[0].id
    cases = (replace(c, needs_task=name) if c.needs_task == carrier else c for c in plan.cases)
    return replace(plan, cases=tuple(cases))


def _stand_ins(plan: Plan) -> list[Case]:
    """A few valid creations, those of models not tried yet first."""
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
    return [*others, *(c for c in valid if c not in others)][:_STAND_INS]


def _attempts(contract: Contract) -> Iterator[tuple[int, Mapping[str, str]]]:
    for carrier in range(CARRIERS):
        yield carrier, {}
    for dialect in islice(_dialects(contract), 1, _MOST_DIALECTS + 1):
        yield 0, dialect


def _dialects(contract: Contract) -> Iterator[dict[str, str]]:
    """Every way to settle the disputes about creations, those that differ least from the default first."""
    create = contract.operation("create")
    parts = [f.dispute for f in create.fields] + [r.dispute for r in create.rules] if create else []
    named = {part.dispute for part in parts if part}
    disputes = [d for d in contract.disputes if d.name in named]
    ways = product(*(range(len(d.alternatives)) for d in disputes))
    for way in sorted(ways, key=lambda way: (sum(n > 0 for n in way), way)):
        yield {d.name: d.alternatives[n].name for d, n in zip(disputes, way, strict=True)}


def _plan(session: Session, carrier: int, dialect: Mapping[str, str]) -> Plan:
    return session.planner(
        session.contract,
        strength=session.options.strength,
        dialect=dialect,
        carrier=carrier,
        images=session.images,
        only=session.options.only,
        with_clock=session.endpoint.target.kind == "simulator",
    )


def _same(one: Plan, other: Plan) -> bool:
    """Whether both begin with the same request."""
    return [c.send for c in one.cases[:1]] == [c.send for c in other.cases[:1]]


def _renamed(plan: Plan, taken: set[str]) -> Plan:
    """The plan with new ids for cases that share theirs with one that was sent already."""
    if not taken & {case.id for case in plan.cases}:
        return plan
    names = {name: _free(name, taken) for name in taken}
    cases = tuple(
        replace(
            case,
            id=names.get(case.id, case.id),
            needs_task=names.get(case.needs_task, case.needs_task),
            repeats=names.get(case.repeats, case.repeats),
        )
        for case in plan.cases
    )
    return replace(plan, cases=cases)


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}~{number}" in taken:
        number += 1
    return f"{name}~{number}"


def _keep(session: Session, plan: Plan) -> None:
    """Write the plan down, before anything of it is sent."""
    session.journal.write(
        *plan.cases,
        Planned(
            vendor=plan.vendor,
            strength=plan.strength,
            cases=tuple(case.id for case in plan.cases),
            required=plan.required,
            unplanned=plan.unplanned,
            lower_bound=plan.lower_bound,
            dialect=plan.dialect,
        ),
    )
    session.on_event(PlannedEvent(vendor=plan.vendor, cases=len(plan.cases), billed=plan.billed))
