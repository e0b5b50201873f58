"""What is written down while a run goes on?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from conformance.results.cases import Case, Cost
from conformance.results.outcome import Target
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Picture, Reply, Request

__all__ = [
    "AUDITED",
    "RECORD_FORMAT",
    "Answered",
    "Asked",
    "CaseOutcome",
    "Entry",
    "Footer",
    "Header",
    "Listening",
    "Noted",
    "Planned",
    "Resumed",
    "Skipped",
]

RECORD_FORMAT = "conformance/record@1"

AUDITED = "client"
"""The kind of target that the record of an audit has: a simulator was asked, by a client that was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    Whose record this is.

    `started` is the time on the wall, in ISO 8601. `options` are those of the run that are no secret, as JSON.
    `cassette` is what was replayed (`results/replayed`), empty where a target was asked. `run` stands in its requests,
    so that no two runs share a number. `pid` is the process that writes. `contract_text` is the contract's YAML, with
    which the record can be judged and drawn wherever it is; empty in records of earlier versions.
    """

    vendor: str
    contract_digest: str
    contract_file: str
    target: Target
    tool: str = ""
    seed: int = 0
    started: str = ""
    options: Mapping[str, Any] = dataclass_field(default_factory=dict)
    cassette: Mapping[str, Any] = dataclass_field(default_factory=dict)
    run: str = ""
    pid: int = 0
    contract_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """
    From here on another process goes on with the run.

    `dropped` are exchanges that count no more, since they are asked again: none of them was paid for. `cases` were
    under way when the run was stopped. `resumed` is the time on the wall, in ISO 8601.
    """

    resumed: str
    pid: int
    dropped: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Callbacks are received on this port of this machine."""

    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan: its cases by id, each of them an entry before this one. The last one is the one that was kept to."""

    vendor: str
    strength: int
    cases: tuple[str, ...]
    required: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    left_out: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    unplanned: Mapping[str, str] = dataclass_field(default_factory=dict)
    lower_bound: int = 0
    probe: str = ""
    dialect: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, written down before it left or when it came. The fields are those of an `Exchange`."""

    id: str
    case: str
    phase: str
    request: Request
    started_s: float
    facts: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a request. The fields are those of an `Exchange`."""

    id: str
    reply: Reply | None = None
    failure: str | None = None
    sent: bool = True
    picture: Picture | None = None
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOutcome:
    """
    How a case stands: written when its creation was answered and when it is over, the last one counts.

    `kind`, `code` and `task_id` are those of an `Outcome`. `billed` and `cost` are of all requests of the case so
    far. `facts` are those of its `Trace`.
    """

    case: str
    kind: str
    code: int = 0
    task_id: str = ""
    billed: int = 0
    cost: float = 0.0
    facts: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A case that was not sent. `capped`: the user's own cap is why. `detail` says more than the reason, for a person."""

    case: str
    reason: str
    capped: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A sentence for a person: what stopped the run, what was given up."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What the run took. `finished` is False where it was stopped before its end."""

    requests: int
    billed: int
    cost: Cost
    seconds: float
    finished: bool = True


Entry = (
    Header
    | Resumed
    | Listening
    | Case
    | Planned
    | Asked
    | Answered
    | CaseOutcome
    | Skipped
    | Noted
    | Verdict
    | Footer
)
