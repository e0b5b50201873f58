"""What was written is on disk, and a full disk spoils nothing."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError, RecordInvalid, UsageError
from conformance.results.cases import Case, Send
from conformance.results.encoding import encode
from conformance.results.entries import Entry, Header, Noted, Planned, Resumed
from conformance.results.outcome import Target
from conformance.run.journal import (
    FileJournal,
    MemoryJournal,
    open_journal,
    read_record,
    reopen_journal,
)

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


def written(path: Path, *more: Entry) -> bytes:
    journal = FileJournal(path)
    journal.write(*BEGINNING, *more)
    journal.close()
    return path.read_bytes()


def test_a_reopened_journal_goes_on_where_it_ended(tmp_path: Path) -> None:
    before = written(tmp_path / "r.jsonl")

    journal, entries, cut_bytes = reopen_journal(tmp_path / "r.jsonl")
    journal.write(Noted(text="more"))
    journal.close()

    assert (entries, cut_bytes) == (BEGINNING, 0)
    assert (tmp_path / "r.jsonl").read_bytes() == before + encode(Noted(text="more"))
    assert journal.record() == read_record(tmp_path / "r.jsonl")


@pytest.mark.parametrize("cut", [1, 5, 15])
def test_a_line_that_was_cut_off_is_taken_away(tmp_path: Path, cut: int) -> None:
    whole = written(tmp_path / "r.jsonl")
    line = encode(Noted(text="never whole"))
    (tmp_path / "r.jsonl").write_bytes(whole + line[:-cut])

    journal, entries, cut_bytes = reopen_journal(tmp_path / "r.jsonl")
    journal.write(Noted(text="next"))
    journal.close()

    kept = (Noted(text="never whole"),) if cut == 1 else ()
    assert entries == (*BEGINNING, *kept)
    assert cut_bytes == (0 if kept else len(line) - cut)
    assert read_record(tmp_path / "r.jsonl").notes == (*(e.text for e in kept), "next")


def test_two_processes_cannot_write_to_one_record(tmp_path: Path) -> None:
    """Whether the other one made the file or went on with it; who it is is said."""
    header = replace(BEGINNING[0], pid=4711)  # type: ignore[type-var]  # the first one is the header
    first = FileJournal(tmp_path / "r.jsonl")
    first.write(header, *BEGINNING[1:])

    with pytest.raises(UsageError, match=r"is being written by another process \(4711\)"):
        reopen_journal(tmp_path / "r.jsonl")
    first.write(Noted(text="undisturbed"))
    first.close()
    second, _, _ = reopen_journal(tmp_path / "r.jsonl")
    second.write(Resumed(resumed="", pid=4712))
    with pytest.raises(UsageError, match=r"another process \(4712\)"):
        reopen_journal(tmp_path / "r.jsonl")
    second.close()
    assert read_record(tmp_path / "r.jsonl").notes == ("undisturbed",)


def test_what_cannot_be_reopened_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no record"):
        reopen_journal(tmp_path / "none.jsonl")
    (tmp_path / "r.jsonl").write_bytes(b"precious\nlines\n")
    with pytest.raises(RecordInvalid, match=r"r.jsonl:1: found no JSON"):
        reopen_journal(tmp_path / "r.jsonl")
    assert (tmp_path / "r.jsonl").read_bytes() == b"precious\nlines\n"
    with pytest.raises(UsageError, match="cannot be gone on with"):
        reopen_journal(tmp_path)
