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
_PASSES = ("trouble", "throttled", "active-limit")


async def find_plan(session: Session, ask: Ask) -> tuple[Plan, int]:
    """
    Send carriers until one is accepted.

    First the carriers of the default dialect, then one carrier for each other way to settle the disputes about
    requests. Trouble that passes is asked about once more, for the plan stands on this answer.

    Returns:
        The plan of the carrier that was accepted, else the first one; and the kind of its carrier.
    """
    plans: list[Plan] = []
    talk: Talk | None = None
    for carrier, dialect in _attempts(session.contract):
        if dialect and talk is not None and talk.outcome.kind != "refused":
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
    _keep(session, plans[0])
    return plans[0], 0


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
