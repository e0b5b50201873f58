"""How long did each phase of a creation take?"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator

from conformance.contract.model import Contract
from conformance.judging.outcomes import classify, task_state
from conformance.results.outcome import Latency
from conformance.wire.exchange import Exchange, Trace

__all__ = ["PHASES", "latencies", "latency_of"]

PHASES = ("submit", "queue", "render", "task", "download")
"""
`submit`: the answer to a creation. `queue`: until a poll first sees the last state before the end, where the documents
name more than one. `render`: from there to the end. `task`: from the creation to the poll that sees the end. `download`:
one picture. What polls see comes late by up to the time between two of them.
"""

_PERCENTILES = (50, 90, 99)


def latencies(
    contract: Contract, traces: Iterable[Trace], *, but: Collection[str] = ()
) -> tuple[Latency, ...]:
    """
    The latency of each phase.

    Args:
        but: Cases that a stop of the run falls into: how long their tasks took is not known.
    """
    seen: dict[str, list[float]] = {phase: [] for phase in PHASES}
    for trace in traces:
        for phase, seconds in _phases(contract, trace):
            if trace.case not in but or phase in ("submit", "download"):
                seen[phase].append(seconds)
    return tuple(latency_of(phase, values) for phase, values in seen.items())


def latency_of(phase: str, values: Iterable[float]) -> Latency:
    """
    What so many values tell; no percentile beyond them.

    One in a hundred shows in a hundred values at the earliest: p50 takes two, p90 ten, p99 a hundred.
    """
    ordered = sorted(values)
    n = len(ordered)
    found = {
        f"p{percent}": ordered[math.ceil(percent * n / 100) - 1]
        for percent in _PERCENTILES
        if n * (100 - percent) >= 100
    }
    ends = {"least": ordered[0], "most": ordered[-1]} if ordered else {}
    return Latency(phase=phase, n=n, **ends, **found)


def _phases(contract: Contract, trace: Trace) -> Iterator[tuple[str, float]]:
    created = next((e for e in reversed(trace.exchanges) if e.phase == "create"), None)
    yield from (
        ("download", e.elapsed_s)
        for e in trace.exchanges
        if e.phase == "download" and e.picture is not None and e.picture.problem is None
    )
    if created is None or classify(contract, "create", created).kind != "accepted":
        return
    yield "submit", created.elapsed_s
    states = [
        (e, s) for e in trace.exchanges if e.phase == "poll" if (s := task_state(contract, e))
    ]
    ended = next((e for e, state in states if state[1] == "succeeded"), None)
    if ended is None:
        return
    began_s = _end(created)
    yield "task", _end(ended) - began_s
    last = _last_running(contract)
    rendering = next((e for e, state in states if str(state[0]) == last), None)
    if last and rendering is not None:
        yield "queue", _end(rendering) - began_s
        yield "render", _end(ended) - _end(rendering)


def _last_running(contract: Contract) -> str:
    """The state of a task that is worked on, where the documents tell it from one that waits; else ""."""
    running = [str(s.value) for s in contract.states if s.phase == "running"]
    return running[-1] if len(running) > 1 else ""


def _end(exchange: Exchange) -> float:
    return exchange.started_s + exchange.elapsed_s
