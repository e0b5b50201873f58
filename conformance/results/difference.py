"""What differs between two contracts, or between two runs, and what does it mean for those who use the vendor?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from conformance.contract.model import Document, Source
from conformance.results.outcome import Target
from conformance.results.verdicts import VerdictWord

__all__ = [
    "Cause",
    "Change",
    "ContractDifference",
    "Edition",
    "Effect",
    "Move",
    "Run",
    "RunDifference",
]

Effect = Literal["breaking", "widening", "neutral"]
"""
For a program that was written by the old one. `breaking`: a request that was permitted is no longer, or a reply may be
what it could not be. `widening`: more is permitted, or more is promised. `neutral`: neither.
"""

Cause = Literal[
    "documents",
    "transcription",
    "vendor",
    "documents and vendor",
    "transcription and vendor",
    "not tried before",
    "not tried now",
    "noise",
]
"""Why a verdict differs. `transcription`: our contract says otherwise about the same pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One thing that the new contract says otherwise.

    Args:
        subject: The field, status, state or table cell, in the vendor's spelling.
        role: What a request or reply field means in the shared vocabulary; "" for none.
        what: The change, as a phrase.
        old: What was said, in words; "" for nothing.
        clauses: Ids, in either contract.
        models: The models that it is about; empty for all.
        by: The alternatives of disputes that say it, where the others do not.
    """

    effect: Effect
    operation: str
    subject: str
    what: str
    role: str = ""
    old: str = ""
    new: str = ""
    clauses: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One of the two contracts."""

    vendor: str
    file: str
    digest: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDifference:
    """What the new contract says otherwise; `same_pages`: the documents behind both are the same, as seen on the same days."""

    old: Edition
    new: Edition
    same_pages: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One of the two runs; `started` in ISO 8601."""

    record: str
    target: Target
    started: str
    contract: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One clause about which the two runs conclude otherwise. "" for a verdict: the contract had no such clause."""

    effect: Effect
    cause: Cause
    clause: str
    old: VerdictWord | Literal[""]
    new: VerdictWord | Literal[""]
    what: str
    old_says: str = ""
    new_says: str = ""
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDifference:
    """What the new run shows otherwise. `notes` are sentences for a person: other targets, other latencies."""

    vendor: str
    old: Run
    new: Run
    contracts: ContractDifference
    moves: tuple[Move, ...]
    notes: tuple[str, ...] = ()
