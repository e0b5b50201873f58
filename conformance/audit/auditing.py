"""How is a program asked to do its work, with trouble and without, and judged by what it sends?"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from conformance.audit.binding import client_clauses
from conformance.audit.conclude import conclude, notes_on, observe
from conformance.audit.program import Ended, run_program
from conformance.audit.reading import Reader
from conformance.audit.requesting import used
from conformance.audit.scenarios import PLAIN, Scenario, task_speed
from conformance.audit.story import Story, in_order
from conformance.audit.watching import AnyPage, Watched
from conformance.contract.clauses import derive_clauses
from conformance.contract.model import Contract
from conformance.errors import UsageError
from conformance.results.audits import AuditResult, ProgramRun
from conformance.results.cases import Case, Cost, Send
from conformance.results.entries import AUDITED, CaseOutcome, Footer, Header, Noted, Planned
from conformance.results.outcome import Target
from conformance.results.record import Record
from conformance.results.verdicts import Verdict
from conformance.run.journal import Journal, MemoryJournal, open_journal
from conformance.simulator.app import Simulator, simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.posting import LoopbackPost
from conformance.simulator.serve import serving
from conformance.wire.redaction import Redactor

__all__ = ["TEST_KEY", "Auditor", "stories_of"]

TEST_KEY = "test-key"

_JITTER_S = 0.002  # on the wall: by so much a wait may seem shorter than it was
_BASE_URL = "{base_url}"
_HERE = "127.0.0.1,localhost"

NOTHING_MADE = "no task was made without trouble, so none of the faults was tried"


class Auditor:
    """
    Runs one program against simulators of one vendor.

    Args:
        speed: How many times faster than documented tasks run.
        waits: How many times shorter the program's own waits are than it means them to be.
        output: Where the record goes; None to keep it in memory.
        on_run: Called with each scenario before it is tried, and which of how many it is.

    Raises:
        UsageError: There is no such program.
    """

    def __init__(
        self,
        contract: Contract,
        command: Sequence[str],
        *,
        scenarios: Sequence[Scenario] = (),
        speed: float = 1.0,
        waits: float = 1.0,
        timeout_s: float = 120.0,
        output: Path | None = None,
        on_run: Callable[[Scenario, int, int], None] = lambda _s, _n, _of: None,
        run: Callable[..., Ended] = run_program,
    ) -> None:
        if run is run_program and shutil.which(command[0]) is None:
            raise UsageError(f"there is no program {command[0]!r} that could be started")
        self._contract = contract
        self._command = tuple(command)
        self._scenarios = (PLAIN, *scenarios)
        self._speed = speed
        self._waits = waits
        self._timeout_s = timeout_s
        self._output = output
        self._on_run = on_run
        self._run = run
        self._reader = Reader(contract)
        self._redactor = Redactor({"key": TEST_KEY})
        self._ids = count(1)
        self._began_s = time.monotonic()
        self._base_url = ""
        self._charged = 0.0

    def audit(self) -> AuditResult:
        """Run the program in each scenario, and judge what it did."""
        now = datetime.now(UTC)
        journal: Journal = MemoryJournal()
        if self._output is not None:
            journal = open_journal(self._output, f"{self._contract.vendor}-audit", now)
        try:
            journal.write(self._header(now), *map(self._case, self._scenarios), self._planned())
            runs = self._runs(journal)
            return self._judged(journal, runs)
        finally:
            journal.close()

    # --- running

    def _runs(self, journal: Journal) -> list[ProgramRun]:
        runs: list[ProgramRun] = []
        for number, scenario in enumerate(self._scenarios, start=1):
            if runs and not runs[0].billed:
                break
            self._on_run(scenario, number, len(self._scenarios))
            runs.append(self._tried(scenario, journal))
        return runs

    def _tried(self, scenario: Scenario, journal: Journal) -> ProgramRun:
        simulator = self._simulator(scenario)
        watched = Watched(
            simulator,
            self._reader,
            case=scenario.name,
            number=lambda: next(self._ids),
            now_s=lambda: (time.monotonic() - self._began_s) * self._waits,
            redactor=self._redactor,
            write=journal.write,
        )
        # Two servers: results are on another host, so that a key that follows them there is seen.
        with serving({"api": watched, "results": watched.elsewhere}) as urls:
            watched.results_host = urls["results"].replace("http://127.0.0.1", "localhost")
            base_url = self._base_url = urls["api"]
            ended = self._run(
                [word.replace(_BASE_URL, base_url) for word in self._command],
                environment=self._environment(base_url),
                timeout_s=self._timeout_s,
                stop=lambda: watched.is_too_much,
            )
            watched.close()
        self._charged += simulator.charged
        output = self._redactor.redact_text(ended.output)
        facts = {"exit": ended.exit, "ended": ended.how, "output": output}
        journal.write(
            CaseOutcome(
                case=scenario.name,
                kind=ended.how,
                code=ended.exit,
                billed=simulator.creations,
                cost=simulator.charged,
                facts=facts,
            )
        )
        return ProgramRun(
            name=scenario.name,
            says=scenario.says,
            ended=ended.how,
            exit=ended.exit,
            requests=watched.requests,
            billed=simulator.creations,
            seconds=ended.seconds,
            output=output,
            output_bytes=ended.output_bytes,
        )

    def _simulator(self, scenario: Scenario) -> Simulator:
        speed = task_speed(self._contract, scenario, tasks=self._speed, waits=self._waits)
        # A second of the client, whatever the clock of its tasks.
        slow = (f"slow={speed / self._waits}",) if scenario.slow else ()
        return simulate(
            self._contract,
            clock=RealClock(speed),
            faults=(*scenario.faults, *slow, AnyPage(self._reader)),
            key=TEST_KEY,
            deliver=LoopbackPost(),
        )

    def _environment(self, base_url: str) -> dict[str, str]:
        environment = dict(os.environ)
        for name in ("NO_PROXY", "no_proxy"):
            environment[name] = ",".join(filter(None, [environment.get(name, ""), _HERE]))
        return {
            **environment,
            "CONFORMANCE_BASE_URL": base_url,
            "CONFORMANCE_SPEED": f"{self._waits:g}",
            self._contract.key_variable: TEST_KEY,
        }

    # --- writing down

    def _header(self, now: datetime) -> Header:
        from conformance import __version__

        return Header(
            vendor=self._contract.vendor,
            contract_digest=self._contract.digest,
            contract_file=self._contract.file,
            contract_text=self._contract.text,
            target=Target(kind=AUDITED),
            tool=f"image-api-conformance {__version__}",
            started=now.isoformat(timespec="seconds"),
            options={
                "audit": list(self._command),
                "speed": self._speed,
                "waits": self._waits,
                "timeout_s": self._timeout_s,
            },
            pid=os.getpid(),
        )

    def _case(self, scenario: Scenario) -> Case:
        create = self._contract.operation("create")
        method, path = (create.method, create.path) if create else ("", "")
        return Case(
            id=scenario.name,
            operation="create",
            send=Send(operation="create", method=method, path=path),
            expect="answered",
            title=scenario.says,
        )

    def _planned(self) -> Planned:
        names = tuple(scenario.name for scenario in self._scenarios)
        return Planned(vendor=self._contract.vendor, strength=1, cases=names)

    # --- judging

    def _judged(self, journal: Journal, runs: Sequence[ProgramRun]) -> AuditResult:
        contract = self._contract
        record = journal.record()
        stories = stories_of(contract, record, self._scenarios, tolerated_s=_JITTER_S * self._waits)
        clauses = {clause.id: clause for clause in client_clauses(contract)}
        verdicts = conclude(contract, clauses, observe(contract, clauses, stories), stories)
        skipped = [NOTHING_MADE] if len(runs) < len(self._scenarios) and runs[0].requests else []
        notes = (*skipped, *notes_on(contract, stories))
        cost = Cost(amount=self._charged, unit=contract.charging.unit)
        journal.write(
            *(Noted(text=note) for note in notes),
            *_every_verdict(contract, verdicts),
            Footer(
                requests=record.requests, billed=record.billed, cost=cost, seconds=record.seconds
            ),
        )
        return AuditResult(
            contract=contract,
            command=self._command,
            runs=tuple(runs),
            clauses=tuple(clauses.values()),
            verdicts=verdicts,
            exchanges=record.exchanges,
            used=used(contract, stories),
            notes=notes,
            base_url=self._base_url,
            cost=cost,
            seconds=record.seconds,
            record_path=journal.path,
        )


def _every_verdict(contract: Contract, verdicts: Mapping[str, Verdict]) -> Iterator[Verdict]:
    """A verdict for each clause of the contract, as every record has: what binds the vendor was not tried."""
    for clause in derive_clauses(contract):
        yield verdicts.get(clause.id) or Verdict(
            clause=clause.id, verdict="untested", reason="binds the vendor"
        )


def stories_of(
    contract: Contract, record: Record, scenarios: Sequence[Scenario], *, tolerated_s: float
) -> tuple[Story, ...]:
    """What the program did in each scenario that was tried, the one without trouble first."""
    told: list[Story] = []
    for scenario in scenarios:
        outcome = record.outcomes.get(scenario.name)
        trace = record.traces.get(scenario.name)
        if outcome is None:
            continue
        facts: Mapping[str, object] = outcome.facts
        told.append(
            Story(
                contract=contract,
                case=scenario.name,
                exchanges=in_order(trace.exchanges if trace else ()),
                ended=str(facts["ended"]),
                exit=outcome.code,
                tolerated_s=tolerated_s,
                ends=scenario.ends,
                slow=scenario.slow,
            )
        )
    return tuple(told)
