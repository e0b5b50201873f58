"""How is a request refused, for a cause in the error table?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from conformance.contract.model import ABSENT, Contract, Envelope, ErrorRow
from conformance.simulator.replies import Builder, keep_conditions

__all__ = ["STATUSES", "Refusal", "Refusals", "envelopes_of", "rows_for", "tabled", "ways_of"]

STATUSES: Mapping[str, int] = {
    "bad-parameter": 400,
    "bad-json": 400,
    "bad-model": 400,
    "bad-reference": 400,
    "missing-parameter": 400,
    "unauthorized": 401,
    "insufficient-credits": 402,
    "forbidden": 403,
    "unknown-task": 404,
    "active-limit": 409,
    "conflict": 409,
    "in-progress": 409,
    "expired": 410,
    "too-large": 413,
    "unsupported-type": 415,
    "moderation": 422,
    "rate-limit": 429,
    "server-error": 500,
    "bad-gateway": 502,
    "unavailable": 503,
    "timeout": 504,
}
"""Every cause, with the status that is usual where no document names one."""

_WIDER = {
    "bad-json": "bad-parameter",
    "bad-model": "bad-parameter",
    "bad-reference": "bad-parameter",
    "missing-parameter": "bad-parameter",
    "too-large": "bad-reference",
    "unsupported-type": "bad-reference",
    "in-progress": "conflict",
    "expired": "unknown-task",
    "bad-gateway": "server-error",
    "unavailable": "server-error",
    "timeout": "server-error",
}


def tabled(contract: Contract, operation: str, cause: str) -> tuple[ErrorRow, ...]:
    """The rows that name the cause for the operation."""
    return tuple(r for r in contract.errors if cause in r.causes and operation in r.operations)


def rows_for(contract: Contract, operation: str, cause: str) -> tuple[str, tuple[ErrorRow, ...]]:
    """The rows to answer a cause with, and the cause they name: itself, else the next wider one."""
    named: str | None = cause
    while named is not None:
        rows = tabled(contract, operation, named)
        if rows:
            return named, rows
        named = _WIDER.get(named)
    return cause, ()


def envelopes_of(row: ErrorRow) -> tuple[str, ...]:
    """The envelopes that a row may come in, the usual one first."""
    return row.envelopes or ((row.envelope,) if row.envelope else ())


def ways_of(contract: Contract, row: ErrorRow) -> tuple[str, ...]:
    """How a row may be carried, the usual way first. Inside a success, who but the envelope could tell its code?"""
    ways = row.carried_in or ("http",)
    if "http" in ways and not _telling(contract, row):
        return ("http",)
    return ways


def _telling(contract: Contract, row: ErrorRow) -> tuple[str, ...]:
    """Those of a row's envelopes that hold its code."""
    envelopes = contract.envelopes
    coded = {e.name for e in envelopes if any(f.role == "status_code" for f in e.fields)}
    return tuple(name for name in envelopes_of(row) if name in coded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal ready to be sent: the HTTP status, the body, and the status that it means."""

    status: int
    document: Any
    means: int


class Refusals:
    """Makes refusals as the contract documents them, choosing where it leaves room."""

    def __init__(self, contract: Contract, choices: Mapping[str, str]) -> None:
        self._contract = contract
        self._choices = choices
        self._rows: dict[tuple[str, str], tuple[str, tuple[ErrorRow, ...]]] = {}
        self._builders: dict[tuple[str, int, str], Builder] = {}

    def refuse(
        self, operation: str, cause: str, message: str, *, about: str, values: Mapping[str, Any]
    ) -> Refusal:
        """
        The refusal for a cause.

        Args:
            about: What was wrong, in a few words that are the same each time: it decides which of several
                documented statuses is given.
            values: What further roles stand for.
        """
        named, rows = self._rows_for(operation, cause)
        row = (
            self._chosen(operation, named, rows, about) if rows else self._unsaid(operation, cause)
        )
        carried = self._carried(operation, row)
        envelope = self._envelope(operation, row, inside=carried == "envelope")
        document = self._body(row, envelope, message, values)
        success = self._success(operation)
        return Refusal(
            status=success if carried == "envelope" else row.status,
            document=document,
            means=row.status,
        )

    def _unsaid(self, operation: str, cause: str) -> ErrorRow:
        """Of what no page names the cause: in the form that the operation's own errors of that status have."""
        row = _undocumented(cause)
        known = self._contract.errors
        same = (r for r in known if r.status == row.status and operation in r.operations)
        return next(same, row)

    def _rows_for(self, operation: str, cause: str) -> tuple[str, tuple[ErrorRow, ...]]:
        found = self._rows.get((operation, cause))
        if found is None:
            found = rows_for(self._contract, operation, cause)
            self._rows[operation, cause] = found
        return found

    def _chosen(
        self, operation: str, cause: str, rows: tuple[ErrorRow, ...], about: str
    ) -> ErrorRow:
        statuses = {row.status: row for row in reversed(rows)}
        choice = self._choices.get(f"status:{operation}:{cause}", "spread")
        if choice != "spread" and int(choice) in statuses:
            return statuses[int(choice)]
        return rows[crc32(about.encode()) % len(rows)]

    def _carried(self, operation: str, row: ErrorRow) -> str:
        ways = ways_of(self._contract, row)
        choice = self._choices.get(f"carried:{operation}:{row.status}", ways[0])
        return choice if choice in ways else ways[0]

    def _success(self, operation: str) -> int:
        described = self._contract.operation(operation)
        return described.success[0] if described and described.success else 200

    def _body(
        self, row: ErrorRow, envelope: Envelope, message: str, values: Mapping[str, Any]
    ) -> Any:
        document = self._builder(row, envelope).build(
            {
                "status_code": row.status,
                "message": message,
                "error_name": row.name or ABSENT,
                "error_type": row.name or ABSENT,
                "failure": (row.name or str(row.status), message),
                **values,
            }
        )
        keep_conditions(document, (*envelope.marker, *row.body))
        return document or {"error": message}

    def _envelope(self, operation: str, row: ErrorRow, *, inside: bool) -> Envelope:
        """The envelope of a row; inside a success it has to be one that tells the code."""
        envelopes, named = self._contract.envelopes, envelopes_of(row)
        telling = _telling(self._contract, row)
        named = telling if inside and telling else named
        choice = self._choices.get(f"envelope:{operation}:{row.status}", "")
        name = choice if choice in named else next(iter(named), "")
        found = next((e for e in envelopes if e.name == name), None)
        return found or next(iter(envelopes), Envelope(name=""))

    def _builder(self, row: ErrorRow, envelope: Envelope) -> Builder:
        key = (envelope.name, row.status, row.name)
        found = self._builders.get(key)
        if found is None:
            prefix = f"field:error:{envelope.name}:"
            preferences = {
                name.removeprefix(prefix): choice
                for name, choice in self._choices.items()
                if name.startswith(prefix)
            }
            found = self._builders[key] = Builder((*envelope.fields, *row.fields), preferences)
        return found


def _undocumented(cause: str) -> ErrorRow:
    return ErrorRow(status=STATUSES.get(cause, 400), name=cause.replace("-", "_"))
