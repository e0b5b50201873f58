"""What does a record amount to, judged by a contract?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from conformance.contract.model import Contract
from conformance.judging.conclude import conclude
from conformance.judging.context import OUTAGE
from conformance.judging.fuzzed import fuzzed, is_observed
from conformance.judging.latency import latencies
from conformance.judging.observe import observe
from conformance.results.cases import FUZZED, Case, Cost, Witness
from conformance.results.outcome import RunResult
from conformance.results.record import Record
from conformance.results.replayed import LOST, NOT_RECORDED, replayed_of
from conformance.results.verdicts import Observation, Verdict
from conformance.wire.exchange import Exchange, Trace

__all__ = ["Observer", "judge"]

_TROUBLE = 500
_NEVER = (-math.inf, 0, "")
_OF_OTHERS = ("download", "callback")

Observer = Callable[[Contract, Case, Trace], tuple[Observation, ...]]


def judge(record: Record, contract: Contract, observer: Observer = observe) -> RunResult:
    """
    The result of a run, from its record alone: no clock, no chance, no network.

    A run that has just ended is judged in the same way, so that judging again gives the same.

    Args:
        observer: In place of `observe`, for whoever judges many runs and remembers.
    """
    cases = _cases(record)
    last = _last_sign_of_life(record)
    observations = tuple(
        observation
        for case in record.sent
        if is_observed(case)
        for observation in observer(contract, case, _told(record.traces[case.id], last))
    )
    verdicts = conclude(
        contract,
        record.plan,
        cases,
        observations,
        capped=record.capped,
        unsent=record.unsent,
    )
    replayed = replayed_of(record.header.cassette)
    verdicts = _kept(verdicts, frozenset(replayed.lost if replayed else ()))
    generated = [_told(record.traces[c.id], last) for c in record.sent if c.id.startswith(FUZZED)]
    beside, said = fuzzed(contract, generated, verdicts, record.exchanges)
    return RunResult(
        contract=contract,
        target=record.header.target,
        plan=record.plan,
        cases=cases,
        exchanges=record.exchanges,
        observations=observations,
        verdicts=(*verdicts, *said),
        beside=beside,
        requests=record.requests,
        billed=record.billed,
        cost=Cost(amount=record.cost, unit=contract.charging.unit),
        seconds=record.seconds,
        record_path=record.file,
        started=record.header.started,
        notes=_notes(record),
        given_up=_given_up(record),
        latencies=latencies(contract, record.traces.values(), but=record.resumed),
        replayed=replayed,
        missed=tuple(s.detail for s in record.skipped.values() if s.reason == NOT_RECORDED),
        contract_digest=record.header.contract_digest,
    )


def _kept(verdicts: tuple[Verdict, ...], lost: frozenset[str]) -> tuple[Verdict, ...]:
    """The verdicts, but none about a clause that said something else when it was tried."""
    return tuple(
        Verdict(clause=v.clause, verdict="inconclusive", reason=LOST, exchanges=v.exchanges)
        if v.clause in lost and v.verdict in ("conforms", "violates")
        else v
        for v in verdicts
    )


_Moment = tuple[float, int, str]


def _moment(exchange: Exchange) -> _Moment:
    """When it was sent, and where that is the same for several, which was first."""
    return exchange.started_s, len(exchange.id), exchange.id


def _last_sign_of_life(record: Record) -> _Moment:
    """When the last request was sent that met anything better than a server error or silence."""
    good = (
        _moment(e)
        for e in record.exchanges.values()
        if e.reply is not None and e.reply.status < _TROUBLE and e.phase not in _OF_OTHERS
    )
    return max(good, default=_NEVER)


def _told(trace: Trace, last: _Moment) -> Trace:
    """
    The trace, with the fact that the target was never heard again once this met its first server error.

    What lasts to the end of a run is an outage, and no answer to what happened to be asked in it.
    """
    troubled = (
        _moment(e) for e in trace.exchanges if e.reply is not None and e.reply.status >= _TROUBLE
    )
    if min(troubled, default=_NEVER) <= last:
        return trace
    return replace(trace, facts={**trace.facts, OUTAGE: True})


def _given_up(record: Record) -> tuple[Witness, ...]:
    """The obligations of capped cases that no other case of the plan tried, in order."""
    capped = [c for c in record.plan.cases if c.id in record.capped]
    sent = (c for c in record.plan.cases if c.id in record.traces and c.id not in record.capped)
    tried = {w for c in sent for w in (*c.witnesses, *c.combinations)}
    lost = dict.fromkeys(w for c in capped for w in (*c.witnesses, *c.combinations))
    return tuple(w for w in lost if w not in tried)


def _cases(record: Record) -> tuple[Case, ...]:
    """
    The cases of the plan that was kept to, then those that were sent or skipped besides.

    Those of a plan that was given up after its first case are no part of the run.
    """
    planned = {case.id for case in record.plan.cases}
    besides = (
        case
        for name, case in record.cases.items()
        if name not in planned
        and (name in record.traces or name in record.skipped)
        and is_observed(case)
    )
    return (*record.plan.cases, *besides)


def _notes(record: Record) -> tuple[str, ...]:
    if not record.truncated:
        return record.notes
    return (*record.notes, "the record was cut off: its last line is left out")
