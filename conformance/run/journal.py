"""Where is a run written down while it goes on?"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Protocol

from conformance.errors import ConformanceError, RecordInvalid, UsageError
from conformance.results.encoding import encode
from conformance.results.entries import Entry
from conformance.results.record import Record, assemble, read_lines

__all__ = ["FileJournal", "Journal", "MemoryJournal", "open_journal", "read_record"]

_MOST_IN_A_SECOND = 1000


class Journal(Protocol):
    """Takes the entries of one run, in order. What was written survives the process, where there is a file."""

    @property
    def path(self) -> str:
        """The file; "" where there is none."""
        ...

    def write(self, *entries: Entry) -> None:
        """
        Write entries; when this returns they are no longer in our hands.

        Raises:
            ConformanceError: They cannot be written. The file ends with the last entry that could be.
        """
        ...

    def record(self) -> Record:
        """What has been written so far."""
        ...

    def close(self) -> None:
        """No more entries will come."""
        ...


class MemoryJournal:
    """Keeps the entries of a run in memory: for runs that cost nothing."""

    path = ""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def write(self, *entries: Entry) -> None:
        self._entries.extend(entries)

    def record(self) -> Record:
        return assemble(self._entries, file=self.path)

    def close(self) -> None:
        pass


class FileJournal:
    """
    Keeps the entries of a run, and has each on disk before `write` returns.

    Args:
        path: The file, which must not exist.
        durable: It survives the machine as well as the process: for runs that cost money.

    Raises:
        UsageError: The file cannot be made.
    """

    def __init__(self, path: Path, *, durable: bool = False) -> None:
        self._entries: list[Entry] = []
        self._durable = durable
        self._good_bytes = 0
        self._broken = ""
        try:
            # Unbuffered: what is written is written.
            self._file = path.open("xb", buffering=0)
        except OSError as error:
            raise UsageError(
                f"no record can be written to {path}: {error.strerror or error}"
            ) from error
        self.path = str(path)

    def write(self, *entries: Entry) -> None:
        if self._broken:
            raise ConformanceError(self._broken)
        self._entries.extend(entries)
        data = b"".join(map(encode, entries))
        try:
            self._write_all(data)
        except OSError as error:
            self._broken = (
                f"the record {self.path} cannot be written any further"
                f" ({error.strerror or error}), so nothing more is sent"
            )
            self._cut()
            raise ConformanceError(self._broken) from error
        self._good_bytes += len(data)

    def record(self) -> Record:
        return assemble(self._entries, file=self.path)

    def close(self) -> None:
        self._file.close()

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            # A full disk may take a part before it takes nothing.
            rest = rest[self._file.write(rest) or 0 :]
        if self._durable:
            os.fsync(self._file.fileno())

    def _cut(self) -> None:
        """Take back the half of a line that could still be written."""
        try:
            self._file.truncate(self._good_bytes)
        except OSError:
            return  # a reader knows what a last line that was cut off means


def open_journal(output: Path, vendor: str, now: datetime, *, durable: bool = False) -> FileJournal:
    """
    A new journal `OUTPUT/records/VENDOR-YYYYMMDDTHHMMSSZ.jsonl`, numbered where there is one already.

    Raises:
        UsageError: There can be none.
    """
    folder = output / "records"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"no record can be written to {folder}: {error.strerror or error}"
        ) from error
    stem = f"{re.sub(r'[^A-Za-z0-9._-]', '_', vendor)}-{now:%Y%m%dT%H%M%SZ}"
    for number in range(1, _MOST_IN_A_SECOND):
        path = folder / (f"{stem}.jsonl" if number == 1 else f"{stem}-{number}.jsonl")
        try:
            return FileJournal(path, durable=durable)
        except UsageError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
    raise UsageError(f"no record can be written to {folder}: too many are called {stem}")


def read_record(path: Path) -> Record:
    """
    The record in a file. A last line that was cut off is left out (`Record.truncated`).

    Raises:
        RecordInvalid: It is none; says where and what was expected.
    """
    try:
        with path.open("rb") as lines:
            return read_lines(lines, file=str(path))
    except OSError as error:
        raise RecordInvalid(f"{path}: cannot be read ({error.strerror or error})") from error
