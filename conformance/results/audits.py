"""What came of the audit of a client?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Literal

from conformance.contract.clauses import Clause
from conformance.contract.model import Contract
from conformance.results.cases import Cost
from conformance.results.verdicts import Verdict
from conformance.wire.exchange import Exchange

__all__ = ["AuditResult", "ProgramRun", "Used"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRun:
    """
    One run of the program.

    Args:
        name: The trouble that it met; `plain` for none.
        ended: `exit`, or why it was ended: `timeout`, `stopped`.
        exit: Its exit code, as a shell tells it.
        billed: The tasks that were made.
        output: The end of what it wrote.
    """

    name: str
    says: str
    ended: Literal["exit", "timeout", "stopped"]
    exit: int
    requests: int
    billed: int
    seconds: float
    output: str = ""
    output_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How often an operation was asked for, with which fields and values, and which documented fields never."""

    operation: str
    times: int
    fields: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """
    A client, asked to do its work and judged by the clauses that bind it.

    `clauses` are these, and `verdicts` has one for each. `seconds` is on the client's own clock. `notes` are sentences
    about what breaks nothing and is worth knowing.
    """

    contract: Contract
    command: tuple[str, ...]
    runs: tuple[ProgramRun, ...]
    clauses: tuple[Clause, ...]
    verdicts: Mapping[str, Verdict]
    exchanges: Mapping[str, Exchange]
    used: tuple[Used, ...] = ()
    notes: tuple[str, ...] = ()
    base_url: str = ""
    cost: Cost = dataclass_field(default_factory=Cost)
    seconds: float = 0.0
    record_path: str = ""

    @property
    def requests(self) -> int:
        """All requests of all runs."""
        return sum(run.requests for run in self.runs)

    @property
    def billed(self) -> int:
        """All tasks that were made."""
        return sum(run.billed for run in self.runs)
