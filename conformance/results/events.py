"""What happens in a run while somebody is watching?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.results.cases import Case, Cost

__all__ = ["Billed", "CaseDone", "CaseStarted", "Event", "Note", "OnEvent", "Planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """It is settled what will be asked: so many cases, so many paid creations. A refused carrier plans again."""

    vendor: str
    cases: int
    billed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStarted:
    """A case is about to be sent."""

    vendor: str
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDone:
    """
    A case has been sent and followed to its end.

    `kind` is that of an `Outcome`; `code` is the status that counts, 0 where there was no reply.
    """

    vendor: str
    case: Case
    kind: str
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """A creation was accepted, or its outcome is unknown: so many by now, at this price."""

    vendor: str
    billed: int
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence for a person."""

    vendor: str
    text: str


Event = Planned | CaseStarted | CaseDone | Billed | Note
OnEvent = Callable[[Event], None]
