"""How is one vendor asked while somebody watches, and what is left where it cannot be judged?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.output import complain, say
from conformance.errors import RecordInvalid, TargetUnusable

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.outcome import RunResult
    from conformance.run.check import OnCassette
    from conformance.run.journal import Journal
    from conformance.run.options import RunOptions
    from conformance.run.resuming import Past
    from conformance.run.targets import Endpoint

__all__ = ["ask", "new_journal"]


def new_journal(contract: Contract, endpoint: Endpoint, options: RunOptions) -> Journal:
    """
    The record of a run that begins.

    Raises:
        UsageError: There can be none.
    """
    from conformance.run.journal import open_journal

    return open_journal(
        options.output or Path(),
        contract.vendor,
        datetime.now(UTC),
        durable=not endpoint.target.loopback,  # what was paid for survives the machine, too
    )


def ask(
    contract: Contract,
    endpoint: Endpoint,
    options: RunOptions,
    journal: Journal,
    *,
    keep: OnCassette | None = None,
    past: Past | None = None,
) -> tuple[RunResult, bool]:
    """The result for one vendor, and whether anything could be judged."""
    from conformance.cli.watching import Watcher
    from conformance.run.check import run_check

    watcher = Watcher()
    more = {"keep": keep} if past is None else {"keep": keep, "past": past}
    try:
        result = run_check(contract, endpoint, options, on_event=watcher, journal=journal, **more)
    except TargetUnusable as error:
        watcher.done()
        if str(error) not in watcher.notes:
            complain(f"{contract.vendor}: {error}")
        return _unjudged(contract, endpoint, journal, str(error)), False
    except KeyboardInterrupt:
        watcher.done()
        say(
            f"{contract.vendor}: what was asked so far is in {journal.path}; go on with"
            f" `conformance check --resume {journal.path}`"
        )
        raise
    finally:
        watcher.done()
    return result, True


def _unjudged(contract: Contract, endpoint: Endpoint, journal: Journal, why: str) -> RunResult:
    """The result of a run that could judge nothing: every clause is untested, what was spent is not hidden."""
    from conformance.contract.clauses import derive_clauses
    from conformance.results.cases import Cost, Plan
    from conformance.results.outcome import RunResult
    from conformance.results.verdicts import UNJUDGED, Verdict

    result = RunResult(
        contract=contract,
        target=endpoint.target,
        plan=Plan(vendor=contract.vendor, strength=1, cases=()),
        cases=(),
        exchanges={},
        observations=(),
        verdicts=tuple(
            Verdict(clause=c.id, verdict="untested", reason=c.untestable or UNJUDGED)
            for c in derive_clauses(contract)
        ),
        cost=Cost(unit=contract.charging.unit),
        record_path=journal.path,
        notes=(why,),
    )
    try:
        record = journal.record()
    except RecordInvalid:  # nothing was planned, so nothing was asked
        return result
    return replace(
        result,
        requests=record.requests,
        billed=record.billed,
        cost=Cost(amount=record.cost, unit=contract.charging.unit),
        seconds=record.seconds,
        notes=record.notes or (why,),
    )
