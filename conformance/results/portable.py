"""Which requests can be sent to any of several vendors, and by which are two of them told apart?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["NO_LIMIT", "Portable", "Request", "Spelled", "Witness", "told_words"]

NO_LIMIT = "no limit is documented"

Words = Mapping[str, Any]
"""A request in the words that are the same for all vendors: `prompt`, `aspect_ratio`, `resolution`, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """
    What one vendor makes of a request.

    Args:
        standing: `permitted`, `not forbidden`, `forbidden` or `unsaid`.
        body: As this vendor spells it; empty where it cannot be said.
        doubtful_on: The alternatives of disputes that do not surely permit it: a vendor that follows one of them may
            refuse it. `NO_LIMIT` where something in it is long, and no page says how long it may be.
        clause: What forbids it.
        verified: Whether the vendor's simulator answered so; None where nothing could be sent.
    """

    vendor: str
    standing: str
    body: Mapping[str, Any]
    model: str = ""
    doubtful_on: tuple[str, ...] = ()
    clause: str = ""
    why: str = ""
    verified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that every vendor permits, and how each spells it."""

    words: Words
    spelled: tuple[Spelled, ...]

    @property
    def is_sure(self) -> bool:
        """Whether every page of every vendor permits it."""
        return all(s.standing == "permitted" and not s.doubtful_on for s in self.spelled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """
    A request that one vendor takes and another does not. `words` is None where none was found.

    `tried` is the number of requests that were looked at.
    """

    taken_by: str
    refused_by: str
    words: Words | None
    taken: Spelled | None = None
    refused: Spelled | None = None
    tried: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Portable:
    """
    The portable subset of several vendors.

    `limits` are the longest prompt and the most images and pictures that none of them forbids. `tried` is the number of
    requests that were put to all.
    """

    vendors: tuple[str, ...]
    requests: tuple[Request, ...]
    limits: Mapping[str, int]
    witnesses: tuple[Witness, ...]
    tried: int

    @property
    def unverified(self) -> tuple[Spelled, ...]:
        """What a simulator answered otherwise: a fault of this program."""
        every = [s for request in self.requests for s in request.spelled]
        every += [s for w in self.witnesses for s in (w.taken, w.refused) if s is not None]
        return tuple(s for s in every if s.verified is False)


def told_words(words: Words) -> str:
    """A request in one line: texts that are long, and lists, by their size."""
    return ", ".join(f"{name} {_told(value)}" for name, value in words.items())


def _told(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"of {len(value)}"
    text = str(value)
    return text if len(text) <= 24 else f"of {len(text)} characters"
