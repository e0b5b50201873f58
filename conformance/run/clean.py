"""How is a run written down whose very requests hold secrets?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from conformance.results.entries import Entry
from conformance.results.record import Record
from conformance.run.journal import Journal
from conformance.wire.redaction import Redactor

__all__ = ["CleanJournal"]


class CleanJournal:
    """
    Writes to another journal what it is told, without secrets.

    A reference image may stand at an address that is signed. What is sent has it whole, and no entry does.
    """

    def __init__(self, journal: Journal, redactor: Redactor) -> None:
        self._journal = journal
        self._redactor = redactor

    @property
    def path(self) -> str:
        return self._journal.path

    def write(self, *entries: Entry) -> None:
        self._journal.write(*map(self._clean, entries))

    def record(self) -> Record:
        return self._journal.record()

    def close(self) -> None:
        self._journal.close()

    def _clean(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return self._redactor.redact_bytes(value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value, **{f.name: self._clean(getattr(value, f.name)) for f in fields(value)}
            )
        if isinstance(value, tuple):
            return tuple(map(self._clean, value))
        if isinstance(value, list):
            return [*map(self._clean, value)]
        if isinstance(value, Mapping):
            return {name: self._clean(inner) for name, inner in value.items()}
        return self._redactor.redact_value(value)
