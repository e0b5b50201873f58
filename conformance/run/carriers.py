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


async def find_plan(session: Session, ask: Ask) -> tuple[Plan, int]:
    """
    Send carriers until one is accepted.

    First the carriers of the default dialect, then one carrier for each other way to settle the disputes about
    requests. Trouble that passes is asked about once more, for the plan stands on this answer.

    Returns:
        The plan of the carrier that was accepted, else the first one; and the kind of its carrier.
    """
    first: Plan | None = None
    sent: list[Case] = []
    for carrier, dialect in _attempts(session.contract):
        plan = _plan(session, carrier, dialect)
        if not plan.cases:
            _keep(session, plan)
            return plan, carrier
        if any(_same(plan.cases[0], case) for case in sent):
            continue
        plan = _renamed(plan, {case.id for case in sent})
        _keep(session, plan)
        case = plan.cases[0]
        sent.append(case)
        talk = await _settled(session, ask, case)
        first = first or plan
        if talk is None or talk.accepted:
            return plan, carrier
    assert first is not None  # there is always a first attempt
    _keep(session, first)
    return first, 0


async def _settled(session: Session, ask: Ask, case: Case) -> Talk | None:
    talk = await ask(case)
    if talk is not None and talk.outcome.kind in ("trouble", "throttled", "active-limit"):
        await session.sleep(session.waits.interval_s)
        talk = await ask(case) or talk
    return talk


def _attempts(contract: Contract) -> Iterator[tuple[int, Mapping[str, str]]]:
    for carrier in range(CARRIERS):
        yield carrier, {}
    for dialect in islice(_dialects(contract), 1, _MOST_DIALECTS + 1):
        yield 0, dialect


def _dialects(contract: Contract) -> Iterator[dict[str, str]]:
    """Every way to settle the disputes about creations, those that differ least from the default first."""
    create = contract.operation("create")
    parts = (*create.fields, *create.rules) if create else ()
    named = {part.dispute.dispute for part in parts if part.dispute}
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


def _same(one: Case, other: Case) -> bool:
    return one.send == other.send


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
    session.on_event(
        PlannedEvent(vendor=plan.vendor, cases=len(plan.cases), billed=plan.billed)
    )
