"""Whatever a server does, the run ends in time, in bounded memory, and accuses nobody wrongly."""

from __future__ import annotations

import json
import time
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.cli.check import exit_code
from conformance.errors import ConformanceError
from conformance.reporting.summary import run_json
from conformance.reporting.terminal import report_lines
from conformance.reporting.text import render
from conformance.results.outcome import RunResult, Target
from conformance.run.check import rejudge, run_check
from conformance.run.journal import open_journal, read_record
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint
from conformance.simulator.clock import RealClock
from conformance.wire.transports import HttpTransport
from tests.hostile.rows import ROWS, Row
from tests.hostile.server import Server, served
from tests.run.toy import KEY, TEXT, toy

LONGEST_TEXT = 20_000

_ENUMS = [line for line in TEXT.splitlines(keepends=True) if "enum: [" in line]
SMALL = toy(**dict.fromkeys(_ENUMS, ""))
"""The toy contract with nothing but a prompt: a short conversation has all that a server can spoil."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a user was told, and what it took."""

    code: int
    text: str
    accused: frozenset[str]
    seconds: float
    megabytes: float


def told(row: Row, folder: Path) -> Told:
    """Run a check against the row's server, as the command does, on a clock that runs fast."""
    if row.megabytes:
        tracemalloc.start()
    started_s = time.perf_counter()
    try:
        with served(row.twist) as server:
            code, text, accused = _checked(server, row, folder)
        peak = tracemalloc.get_traced_memory()[1] if row.megabytes else 0
    finally:
        tracemalloc.stop()
    return Told(
        code=code,
        text=text,
        accused=accused,
        seconds=time.perf_counter() - started_s,
        megabytes=peak / 1e6,
    )


def _checked(server: Server, row: Row, folder: Path) -> tuple[int, str, frozenset[str]]:
    contract = SMALL
    endpoint = Endpoint(
        target=Target(kind="url", base_url=server.url, loopback=True),
        transport=HttpTransport(),
        clock=RealClock(300),
        base_url=server.url,
        key=KEY,
    )
    journal = open_journal(folder, "toy", datetime.now(UTC))
    options = RunOptions(**({"request_timeout_s": 3.0} | row.options))
    try:
        result = run_check(contract, endpoint, options, journal=journal)
    except ConformanceError as error:
        return error.exit_code, str(error), frozenset()
    again = rejudge(read_record(Path(journal.path)), contract)
    assert again.verdicts == result.verdicts
    assert json.loads(json.dumps(run_json([result])))
    text = render(report_lines([result], verbose=True))
    return exit_code([result]), text, _accused(result)


def _accused(result: RunResult) -> frozenset[str]:
    return frozenset(
        v.clause.removeprefix("toy.") for v in result.verdicts if v.verdict == "violates"
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_whatever_a_server_does(row: Row, tmp_path: Path) -> None:
    found = told(row, tmp_path)
    assert (found.code, found.accused) == (row.code, row.accused)
    assert row.says in " ".join(found.text.split())
    assert all(c.isprintable() or c == "\n" for c in found.text)
    assert len(found.text) < LONGEST_TEXT
    assert found.seconds < row.seconds
    assert found.megabytes <= row.megabytes
