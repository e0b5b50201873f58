"""What was seen of what the documents leave open?"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field

from conformance.results.cases import Cost
from conformance.results.outcome import Target

__all__ = ["OBSERVED_FORMAT", "Fact", "Observed", "Probe", "Unanswered"]

OBSERVED_FORMAT = "conformance/observed@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """
    A question, and the cases whose replies answer it.

    `id` never changes, so that answers of different days can be compared. `see` says what to look at: `answer`,
    `pictures`, `pixels`, `type`, `charge`, `same-task`. `values` names for each case what it varies.
    """

    id: str
    about: str
    question: str
    cases: tuple[str, ...] = ()
    see: tuple[str, ...] = ("answer",)
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One answer: seen once, at one target, on one day. `evidence` are exchanges of the record."""

    id: str
    about: str
    question: str
    answer: str
    evidence: tuple[str, ...] = ()
    billed: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question that stays open, and why."""

    id: str
    about: str
    question: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one run of probes saw. No part of the contract, and no evidence against anybody."""

    vendor: str
    contract_digest: str
    target: Target
    started: str
    tool: str = ""
    record: str = ""
    requests: int = 0
    billed: int = 0
    cost: Cost = dataclass_field(default_factory=Cost)
    facts: tuple[Fact, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    notes: tuple[str, ...] = ()
