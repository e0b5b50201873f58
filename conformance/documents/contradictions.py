"""
Where do a vendor's documents contradict themselves?

Found in the contract alone, by rules that know no vendor. What the contract records already (a dispute, or a
conflict that `covers` it) stays one contradiction, and is not listed beside its own record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from conformance.contract.model import Alternative, Contract, Sources

__all__ = ["Contradiction", "recorded_by", "said", "stale_covers", "unrecorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """
    Two things that the documents say and that cannot both be true.

    Args:
        rule: The rule that found it: `wrong-ratio`, `default-outside`, ... Never changes.
        place: What it is about, in the contract's own words; with the rule a name that `covers` can give.
        about: What the documents disagree about.
        alternatives: What each of them says, with its sources. A hint from elsewhere has none.
        dispute: The dispute whose alternatives these are; "" where they are none's.
        at: Where in the contract file it stands, as far as that can be told.
    """

    rule: str
    place: str
    about: str
    alternatives: tuple[Alternative, ...]
    dispute: str = ""
    at: tuple[str | int, ...] = ()

    @property
    def name(self) -> str:
        """What `covers` names."""
        return f"{self.rule} {self.place}"

    @property
    def sources(self) -> Sources:
        """Every place that takes part, once."""
        return tuple(dict.fromkeys(s for a in self.alternatives for s in a.sources))


def said(value: str, sources: Sources) -> Alternative:
    """One side of a contradiction."""
    return Alternative(name=value, value=value, sources=sources)


def recorded_by(contract: Contract, found: Contradiction) -> str:
    """What the dispute or conflict is about that records a contradiction; "" where none does."""
    for dispute in contract.disputes:
        if dispute.name == found.dispute or _covers(dispute.covers, found):
            return dispute.about
    return next((c.about for c in contract.conflicts if _covers(c.covers, found)), "")


def unrecorded(contract: Contract, found: Iterable[Contradiction]) -> tuple[Contradiction, ...]:
    """Those that the contract does not record."""
    return tuple(each for each in found if not recorded_by(contract, each))


def stale_covers(contract: Contract, found: Iterable[Contradiction]) -> tuple[str, ...]:
    """What the contract says to record and nobody finds: the pages have changed, or the entry is misspelt."""
    names = [each.name for each in found]
    wanted = [pattern for dispute in contract.disputes for pattern in dispute.covers]
    wanted += [pattern for conflict in contract.conflicts for pattern in conflict.covers]
    return tuple(w for w in wanted if not any(fnmatchcase(name, w) for name in names))


def _covers(patterns: tuple[str, ...], found: Contradiction) -> bool:
    return any(fnmatchcase(found.name, pattern) for pattern in patterns)
