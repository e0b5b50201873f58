"""Where is a run written down while it goes on?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from io import BytesIO, FileIO
from pathlib import Path
from typing import Protocol

from conformance.errors import ConformanceError, RecordInvalid, UsageError
from conformance.results.decoding import Malformed, decode
from conformance.results.encoding import encode
from conformance.results.entries import Entry, Header
from conformance.results.record import Record, assemble, read_lines
from conformance.run.locking import lock

__all__ = [
    "FileJournal",
    "Journal",
    "MemoryJournal",
    "open_journal",
    "read_record",
    "reopen_journal",
]

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

    While it is open, no other process can write to the file.

    Args:
        path: The file, which must not exist; `reopen_journal` goes on with one.
        durable: It survives the machine as well as the process: for runs that cost money.

    Raises:
        UsageError: The file cannot be made, or another process writes to it.
    """

    def __init__(
        self,
        path: Path,
        *,
        durable: bool = False,
        reopened: FileIO | None = None,
        entries: Iterable[Entry] = (),
    ) -> None:
        self._entries: list[Entry] = list(entries)
        self._durable = durable
        self._broken = ""
        self.path = str(path)
        if reopened is not None:
            self._file = reopened
        else:
            try:
                # Unbuffered: what is written is written.
                self._file = path.open("xb", buffering=0)
            except OSError as error:
                raise UsageError(
                    f"no record can be written to {path}: {error.strerror or error}"
                ) from error
            lock(self._file, self.path)
        self._good_bytes = self._file.seek(0, os.SEEK_END)
        if durable:
            _sync_folder(path.parent)

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


def reopen_journal(path: Path) -> tuple[FileJournal, tuple[Entry, ...], int]:
    """
    A journal that goes on with an existing record, the entries in it, and how many bytes of a last line were cut off.

    What was cut off is taken away, so that the next entry has a line of its own.

    Raises:
        UsageError: It cannot be written, or another process writes to it.
        RecordInvalid: It is no record.
    """
    try:
        file = path.open("r+b", buffering=0)
    except FileNotFoundError as error:
        raise UsageError(f"there is no record {path}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be gone on with: {error.strerror or error}") from error
    try:
        lock(file, str(path))
        entries, good_bytes, cut_bytes = _read_entries(path, file)
        file.truncate(good_bytes)
        if good_bytes and not _ends_a_line(file):
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
    except OSError as error:
        file.close()
        raise UsageError(f"{path} cannot be gone on with: {error.strerror or error}") from error
    except BaseException:
        file.close()
        raise
    first = entries[0] if entries else None
    durable = isinstance(first, Header) and not first.target.loopback
    journal = FileJournal(path, reopened=file, entries=entries, durable=durable)
    return journal, tuple(entries), cut_bytes


def _read_entries(path: Path, file: FileIO) -> tuple[list[Entry], int, int]:
    """The entries, how many bytes they take, and how many follow of a line that was cut off."""
    entries: list[Entry] = []
    good_bytes = 0
    file.seek(0)
    for number, line in enumerate(BytesIO(file.readall()), start=1):
        try:
            entries.append(decode(line))
        except Malformed as error:
            if line.endswith(b"\n"):
                raise RecordInvalid(f"{path}:{number}: {error}") from error
            return entries, good_bytes, len(line)
        good_bytes += len(line)
    return entries, good_bytes, 0


def _ends_a_line(file: FileIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file on disk, too; where a folder cannot be synced, that is the system's business."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


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
