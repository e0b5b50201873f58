"""What was written is on disk, and a full disk spoils nothing."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError, RecordInvalid, UsageError
from conformance.results.cases import Case, Send
from conformance.results.encoding import encode
from conformance.results.entries import Entry, Header, Noted, Planned
from conformance.results.outcome import Target
from conformance.run.journal import FileJournal, MemoryJournal, open_journal, read_record

NOW = datetime(2026, 11, 21, 8, 5, 9, tzinfo=UTC)
CASE = Case(
    id="one",
    operation="create",
    send=Send(operation="create", method="POST", path="/"),
    expect="accepted",
)
BEGINNING: tuple[Entry, ...] = (
    Header(vendor="toy", contract_digest="", contract_file="", target=Target(kind="url")),
    CASE,
    Planned(vendor="toy", strength=1, cases=("one",)),
)


def test_each_entry_is_in_the_file_when_write_returns(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "r.jsonl", durable=True)
    seen = b""
    for entry in (*BEGINNING, Noted(text="x")):
        journal.write(entry)
        seen += encode(entry)
        assert (tmp_path / "r.jsonl").read_bytes() == seen
    journal.close()


def test_a_file_reads_as_what_was_written(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "r.jsonl")
    memory = MemoryJournal()
    for each in (journal, memory):
        each.write(*BEGINNING, Noted(text="x"))
    journal.close()

    record = read_record(tmp_path / "r.jsonl")
    assert record == journal.record()
    assert record.cases == memory.record().cases
    assert record.file == str(tmp_path / "r.jsonl")


def test_names_tell_vendor_and_time_and_are_never_reused(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        journal = open_journal(tmp_path, "toy/../x", NOW)
        journal.close()
        names.append(Path(journal.path).relative_to(tmp_path).as_posix())

    assert names == [
        "records/toy_.._x-20261121T080509Z.jsonl",
        "records/toy_.._x-20261121T080509Z-2.jsonl",
        "records/toy_.._x-20261121T080509Z-3.jsonl",
    ]


def test_a_folder_that_cannot_be_made_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(UsageError, match="no record can be written to"):
        open_journal(tmp_path / "file", "toy", NOW)


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text("precious")

    with pytest.raises(UsageError):
        FileJournal(tmp_path / "r.jsonl")
    assert (tmp_path / "r.jsonl").read_text() == "precious"


class FullDisk:
    """Takes so many bytes and no more."""

    def __init__(self, file: Any, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, data: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self._file.write(data[: self._room])
        self._room -= taken
        return int(taken)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_full_disk_stops_the_run_and_leaves_whole_lines(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "r.jsonl")
    journal.write(*BEGINNING)
    journal._file = FullDisk(journal._file, room=10)  # type: ignore[assignment]

    with pytest.raises(ConformanceError, match="cannot be written any further") as caught:
        journal.write(Noted(text="does not fit"))
    with pytest.raises(ConformanceError):
        journal.write(Noted(text="comes too late"))
    journal.close()

    assert "No space left on device" in str(caught.value)
    assert not read_record(tmp_path / "r.jsonl").truncated
    assert read_record(tmp_path / "r.jsonl").notes == ()


def test_a_disk_that_takes_a_little_at_a_time_gets_it_all(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "r.jsonl")
    write = journal._file.write

    class Slow:
        def write(self, data: memoryview) -> int:
            return write(data[:7]) or 0

        def close(self) -> None:
            pass

    file, journal._file = journal._file, Slow()  # type: ignore[assignment]
    journal.write(*BEGINNING)
    file.close()

    assert (tmp_path / "r.jsonl").read_bytes() == b"".join(map(encode, BEGINNING))


def test_a_file_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(RecordInvalid, match="cannot be read"):
        read_record(tmp_path / "none.jsonl")
