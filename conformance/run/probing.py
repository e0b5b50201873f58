"""Ask a target what its documents leave open, within a cap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract
from conformance.judging.answering import Seen, answered
from conformance.planning.plan import make_plan
from conformance.planning.probing import Probing, probing_of
from conformance.results.cases import Cost, Plan
from conformance.results.events import OnEvent
from conformance.results.observed import Fact, Observed, Probe, Unanswered
from conformance.results.outcome import RunResult
from conformance.results.record import Record
from conformance.run.check import run_check
from conformance.run.journal import Journal
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint

__all__ = ["probe"]

_NO_REQUEST = "no request is known that would answer it"


def probe(
    contract: Contract,
    endpoint: Endpoint,
    options: RunOptions,
    journal: Journal,
    *,
    on_event: OnEvent | None = None,
) -> Observed:
    """
    What a target shows of what the documents leave open. The endpoint is used up by it.

    Raises:
        TargetUnusable: Nothing can be learned.
        ConformanceError: The record cannot be written.
    """
    made: list[Probing] = []

    def planner(asked: Contract, **how: Any) -> Plan:
        made.append(probing_of(asked, make_plan(asked, **how)))
        return made[-1].plan

    result = run_check(
        contract, endpoint, options, on_event=on_event, journal=journal, planner=planner
    )
    kept = next((one for one in made if one.plan.dialect == result.plan.dialect), made[0])
    return _observed(contract, journal.record(), result, kept.probes)


def _observed(
    contract: Contract, record: Record, result: RunResult, probes: Sequence[Probe]
) -> Observed:
    seen = Seen(
        contract=contract,
        cases=record.cases,
        traces=record.traces,
        unsent={name: skipped.reason for name, skipped in record.skipped.items()},
        spent={name: (o.billed, o.cost) for name, o in record.outcomes.items()},
    )
    told = [answered(seen, one) for one in probes]
    return Observed(
        vendor=contract.vendor,
        contract_digest=record.header.contract_digest,
        target=record.header.target,
        started=record.header.started,
        tool=record.header.tool,
        record=record.file,
        requests=record.requests,
        billed=record.billed,
        cost=Cost(amount=record.cost, unit=contract.charging.unit),
        facts=(*(t for t in told if isinstance(t, Fact)), *_followed(contract, result)),
        unanswered=(*(t for t in told if isinstance(t, Unanswered)), *_not_asked(contract)),
        notes=result.notes,
    )


def _followed(contract: Contract, result: RunResult) -> Iterator[Fact]:
    """Which of the pages that disagree the target follows, as far as these few replies show it."""
    clauses = {clause.id: clause for clause in derive_clauses(contract)}
    for verdict in result.verdicts:
        if verdict.follows and verdict.verdict == "conforms":
            clause = clauses[verdict.clause]
            yield Fact(
                id=f"follows.{verdict.clause.removeprefix(f'{contract.vendor}.')}",
                about=clause.subject,
                question=f"Which page does it follow? {clause.statement}",
                answer=verdict.follows,
                evidence=verdict.exchanges[:3],
            )


def _not_asked(contract: Contract) -> Iterator[Unanswered]:
    for question in contract.questions:
        if question.probe is None:
            digest = hashlib.sha256(question.question.encode()).hexdigest()[:8]
            yield Unanswered(
                id=f"question.{digest}",
                about=question.about,
                question=question.question,
                why=_NO_REQUEST,
            )
