"""What does a run hand to whoever draws it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from conformance.contract.clauses import Clause
from conformance.contract.model import Contract
from conformance.results.cases import Case, Cost, Plan, Witness
from conformance.results.replayed import Replayed
from conformance.results.verdicts import Observation, Verdict
from conformance.wire.exchange import Exchange

__all__ = ["Latency", "RunResult", "Target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is asked. `kind`: simulator, url, live, or cassette. `base_url` is "" for the embedded simulator."""

    kind: str
    base_url: str = ""
    loopback: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """
    How long one phase of a creation took, in seconds on the target's clock: submit, queue, render, task or download.

    `n` is how often it was seen. A percentile that so few looks do not support is None.
    """

    phase: str
    n: int
    least: float | None = None
    most: float | None = None
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """
    One vendor, asked and judged.

    `verdicts` has one entry for every clause, in contract order. `cases` are all that were sent, those that narrow
    down included. `seconds` is on the target's clock. `billed` is accepted plus unknown creations.
    `notes` are sentences for a person: what stopped the run, what was given up. `given_up` are the obligations of
    the plan that no case tried, because the user's own cap kept all that would have from being sent. `replayed` is the
    cassette that stood for a target, and `missed` says of each case that it had no answer to what is nearest.
    `started` is the time on the wall when it was asked, in ISO 8601, and `contract_digest` that of the contract of that
    time; "" where nobody wrote them down.
    """

    contract: Contract
    target: Target
    plan: Plan
    cases: tuple[Case, ...]
    exchanges: Mapping[str, Exchange]
    observations: tuple[Observation, ...]
    verdicts: tuple[Verdict, ...]
    requests: int = 0
    billed: int = 0
    cost: Cost = dataclass_field(default_factory=Cost)
    seconds: float = 0.0
    record_path: str = ""
    started: str = ""
    notes: tuple[str, ...] = ()
    given_up: tuple[Witness, ...] = ()
    latencies: tuple[Latency, ...] = ()
    replayed: Replayed | None = None
    missed: tuple[str, ...] = ()
    contract_digest: str = ""
    beside: tuple[Clause, ...] = ()
    """Clauses that are none of the contract's: what Schemathesis looked at. Their verdicts stand after the others."""
