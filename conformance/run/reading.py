"""What does a file with a record amount to, wherever it is read?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.contract.loading import load_text
from conformance.contract.model import Contract
from conformance.errors import ContractInvalid, RecordInvalid, UsageError
from conformance.results.entries import AUDITED, RECORD_FORMAT
from conformance.results.outcome import RunResult
from conformance.results.record import Record
from conformance.run.journal import read_record
from conformance.run.judge import judge

__all__ = ["contract_of", "judge_record", "read_whole_record"]

_SHOWN = 12
"""Digits of a digest that a person is shown."""

_MOST_BYTES = 64 * 1024 * 1024
"""No other file than a record is read to its end to say what it is."""


def read_whole_record(path: Path, *, partial: bool = False) -> Record:
    """
    The record of a run that came to its end.

    Args:
        partial: Take one whose run was stopped as well.

    Raises:
        RecordInvalid: It is no record, or one of a run that was stopped; says what it is.
    """
    try:
        record = read_record(path)
    except RecordInvalid as error:
        what = _what_it_is(path)
        if not what:
            raise
        expected = f"a record ({RECORD_FORMAT}), as each run leaves one in reports/records/"
        raise RecordInvalid(f"{path}: found {what}, expected {expected}") from error
    if record.header.target.kind == AUDITED:
        raise RecordInvalid(
            f"{path}: the record of an audit of a client, expected that of a check; what came of an audit is in what"
            " `conformance audit --json` writes"
        )
    if partial or (record.footer is not None and record.footer.finished and not record.truncated):
        return record
    how = "its last line is cut off" if record.truncated else "its run was stopped before its end"
    raise RecordInvalid(
        f"{path}: {how}; `conformance check --resume {path}` goes on with it, --partial takes it as it is"
    )


def judge_record(record: Record, contract: Contract | None = None) -> RunResult:
    """
    What a record amounts to; where that is not what its run concluded, its notes say so.

    Args:
        contract: By which to judge it; else the one that it holds, else today's.

    Raises:
        RecordInvalid: The contract that it holds cannot be read.
        UsageError: The contract is another vendor's, or there is none.
    """
    header = record.header
    contract = contract or contract_of(record)
    if contract.vendor != header.vendor:
        raise UsageError(f"{record.file} is a record of {header.vendor}, not of {contract.vendor}")
    result = judge(record, contract)
    notes = (*_stopped(record), *_of_another_edition(record, contract), *_otherwise(record, result))
    return replace(result, notes=(*result.notes, *notes))


def contract_of(record: Record) -> Contract:
    """
    The contract that a record was made by, from the record itself; today's, where an earlier version wrote it.

    Raises:
        RecordInvalid: It is none that this version can read.
        UsageError: There is none.
    """
    header = record.header
    if header.contract_text:
        try:
            return load_text(header.contract_text, file=header.contract_file)
        except ContractInvalid as error:
            raise RecordInvalid(
                f"{record.file}: the contract in it cannot be read ({error}); give one with --contract"
            ) from error
    from conformance.run.check import contract_named  # all that asking takes comes with it

    return contract_named(header)


def _stopped(record: Record) -> tuple[str, ...]:
    if record.footer is not None and record.footer.finished:
        return ()
    return ("the run was stopped before its end: what it would have asked is not judged",)


def _of_another_edition(record: Record, contract: Contract) -> tuple[str, ...]:
    recorded = record.header.contract_digest
    if contract.digest == recorded:
        return ()
    return (
        f"judged by another edition of the contract than it was asked by: digest {contract.digest[:_SHOWN]},"
        f" then {recorded[:_SHOWN]}. What is new in it was not tried",
    )


def _otherwise(record: Record, result: RunResult) -> tuple[str, ...]:
    """What the run wrote down and this version, by the same contract, concludes otherwise."""
    if result.contract.digest != record.header.contract_digest:
        return ()
    told = {v.clause: v.verdict for v in record.verdicts}
    other = [v for v in result.verdicts if v.clause in told and told[v.clause] != v.verdict]
    if not other:
        return ()
    named = ", ".join(f"{v.clause} ({told[v.clause]}, now {v.verdict})" for v in other[:3])
    more = f" and {len(other) - 3} more" if len(other) > 3 else ""
    return (f"judged again, this version concludes otherwise than the run did: {named}{more}",)


def _what_it_is(path: Path) -> str:
    """What a file is that is no record; "" where the error about its lines says more."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return ""
        data = path.read_bytes()
    except OSError:
        return ""
    if not data.strip():
        return "an empty file"
    try:
        whole: Any = json.loads(data)
    except (ValueError, RecursionError):
        return _first_line(data)
    return _named(whole)


def _first_line(data: bytes) -> str:
    try:
        first = json.loads(data.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return "something that is no JSON lines"
    of_ours = isinstance(first, dict) and "line" in first
    return _version(first) if of_ours else "JSON lines of another tool"


def _version(first: dict[str, Any]) -> str:
    """The format of a record of another version; "" where it is this one's and the fault is elsewhere."""
    found = first.get("format")
    if first.get("line") != "header" or found == RECORD_FORMAT:
        return ""
    return f"a record of the format {str(found)[:60]!r}, which this version does not read"


def _named(whole: Any) -> str:
    if isinstance(whole, dict) and "line" in whole:
        return _version(whole)
    found = whole.get("format") if isinstance(whole, dict) else None
    if found == "conformance/run@1":
        return "what `check --json` writes"
    if isinstance(found, str) and found.startswith("conformance/"):
        return f"a file of the format {found[:60]!r}"
    return "JSON of another tool"
