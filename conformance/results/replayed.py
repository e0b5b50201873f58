"""What is said of a cassette wherever a replay is shown?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["LOST", "NOT_RECORDED", "Replayed", "replayed_document", "replayed_of"]

NOT_RECORDED = "not on the cassette"
"""The reason for what a cassette has no answer to."""

LOST = "changed since the cassette was recorded"
"""The reason for a clause that says something else than when it was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """
    A cassette that stood for a target.

    Args:
        kind: What answered when it was recorded: simulator, url or live; "" where somebody else recorded it.
        base_url: Where that was; "" for the embedded simulator.
        date: The day, in ISO 8601; "" where it does not say.
        contract: The digest of the contract of that day.
        stale: Why it should be recorded again, a sentence each; empty where it need not be.
        lost: The clauses that changed, or are new, since.
    """

    file: str
    kind: str = ""
    base_url: str = ""
    date: str = ""
    contract: str = ""
    tool: str = ""
    stale: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def is_evidence(self) -> bool:
        """Whether it can show anything about the vendor. What a simulator answered shows nothing of the kind."""
        return self.kind != "simulator"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report must not leave out."""
        return (f"replayed: {self.sentence}", *(f"stale: {why}" for why in self.stale))

    @property
    def sentence(self) -> str:
        """What it is, for a person."""
        when = f" on {self.date}" if self.date else ""
        match self.kind:
            case "simulator":
                return f"recorded from the embedded simulator{when}: no evidence about any vendor"
            case "live":
                return f"recorded from the vendor at {self.base_url}{when}"
            case "url":
                return f"recorded from the server at {self.base_url}{when}"
        return "recorded by another program; what it asked and when is all that is known of it"


def replayed_document(told: Replayed) -> dict[str, Any]:
    """It as JSON."""
    return {
        "file": told.file,
        "kind": told.kind,
        "base_url": told.base_url,
        "date": told.date,
        "contract": told.contract,
        "tool": told.tool,
        "stale": list(told.stale),
        "lost": list(told.lost),
    }


def replayed_of(document: Mapping[str, Any]) -> Replayed | None:
    """The inverse of `replayed_document`; None for an empty one. What is no text there is left out."""
    if not document:
        return None
    return Replayed(
        file=str(document.get("file", "")),
        kind=str(document.get("kind", "")),
        base_url=str(document.get("base_url", "")),
        date=str(document.get("date", "")),
        contract=str(document.get("contract", "")),
        tool=str(document.get("tool", "")),
        stale=tuple(map(str, document.get("stale", ()))),
        lost=tuple(map(str, document.get("lost", ()))),
    )
