"""
Is anything paid twice, or lost, when a run is killed? `python -m benchmarks kills --runs 500`.

Each run is a process of its own: `conformance check --base-url`, against simulators in this process that count what
arrives. It is killed (SIGKILL) at a random moment, or just before or just after a random answer, once or several times,
and gone on with by `--resume` until it is finished. Then the server's books, the record and the verdicts are held
against those of a run that nobody disturbed. Where a creation was under way at a kill, nobody can know what became of
it: the verdicts are then held against an undisturbed run in which the replies to the same creations were lost.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from conformance.cli.main import main
from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.judging.outcomes import classify
from conformance.results.record import INTERRUPTED, Record
from conformance.results.verdicts import Verdict
from conformance.run.journal import read_record
from conformance.simulator.app import simulate
from conformance.simulator.clock import RealClock
from conformance.simulator.posting import LoopbackPost
from conformance.simulator.serve import serving
from conformance.wire.exchange import Exchange, Reply, Request, header

__all__ = ["SCENARIOS", "Found", "kills", "kills_of"]

_KEY = "test-key"
_SPEED = 60.0
_KILLS = (1, 1, 1, 2, 3)
_WAIT_S = 120.0

Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """What is run: a vendor, a part of its clauses ("" for all), and how many cases at a time."""

    vendor: str
    only: str = ""
    concurrency: int = 1
    weight: int = 1

    @property
    def name(self) -> str:
        """In a few words."""
        return f"{self.vendor} {self.only or 'all clauses'}, {self.concurrency} at a time"


SCENARIOS = (
    Scenario("gptimage2api", "*.prompt.*", weight=6),
    Scenario("aigptimage", "*idempotency*", weight=6),
    Scenario("toapis", "*.create.*", weight=6),
    Scenario("gptimage2api", "*.create.*", concurrency=4, weight=3),
    Scenario("apipod", "*.resolution.*", concurrency=4, weight=4),
    Scenario("aigptimage", "", concurrency=4),
    Scenario("gptimage2api", ""),
    Scenario("toapis", "", concurrency=4),
)


@dataclass
class Arrival:
    """A creation with the right key as the server saw it."""

    body: bytes
    key: str
    task_id: str = ""


class Counting:
    """An ASGI application that counts creations, loses replies when told to, and pulls a trigger at a request."""

    def __init__(self, app: Any, contract: Contract) -> None:
        create = contract.operation("create")
        assert create is not None
        self._app = app
        self._contract = contract
        self._path = create.path
        self._idempotency = contract.idempotency.header if contract.idempotency else ""
        self.arrivals: list[Arrival] = []
        self.lose: frozenset[int] = frozenset()
        self.before: tuple[int, Callable[[], None]] | None = None
        self.after: tuple[int, Callable[[], None]] | None = None
        self._requests = 0

    def begin(self, lose: frozenset[int] = frozenset()) -> None:
        """Begin a new book."""
        self.arrivals, self.lose = [], lose
        self.aim(None, None)

    def aim(
        self,
        before: tuple[int, Callable[[], None]] | None,
        after: tuple[int, Callable[[], None]] | None,
    ) -> None:
        """Pull a trigger at so many requests from now, before or after it is answered."""
        self._requests, self.before, self.after = 0, before, after

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._requests += 1
        number = self._requests
        if self.before and self.before[0] == number:
            self.before[1]()
        arrival = await self._arrived(scope, receive)
        given = iter([{"type": "http.request", "body": arrival.body, "more_body": False}])

        async def replay() -> Message:
            found: Message | None = next(given, None)
            return found if found is not None else await receive()

        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self._app(scope, replay, keep)
        creation = scope["method"] == "POST" and scope["path"].endswith(self._path)
        if creation and any(_KEY.encode() in value for _, value in scope["headers"]):
            arrival.task_id = self._task_of(sent)
            self.arrivals.append(arrival)
            if len(self.arrivals) - 1 in self.lose:
                begun = {"type": "http.response.start", "status": 200}
                await send({**begun, "headers": [(b"content-length", b"100")]})
                return  # the connection breaks off
        for message in sent:
            await send(message)
        if self.after and self.after[0] == number:
            self.after[1]()

    def _task_of(self, sent: list[Message]) -> str:
        status = next(m["status"] for m in sent if m["type"] == "http.response.start")
        body = b"".join(m.get("body", b"") for m in sent)
        exchange = Exchange(
            id="",
            case="",
            phase="create",
            request=Request(method="POST", url=""),
            reply=Reply(status=status, body=body),
        )
        return classify(self._contract, "create", exchange).task_id

    async def _arrived(
        self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Message]]
    ) -> Arrival:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        key = headers.get(self._idempotency.lower(), b"") if self._idempotency else b""
        return Arrival(body, key.decode("latin-1"))


# --- processes ---

_FORKS = multiprocessing.get_context("forkserver")
"""Each process is forked from one that has imported what a check needs, so that a kill costs little."""

_FORKS.set_forkserver_preload(["conformance.cli.check", "conformance.run.check", "httpx", "yaml"])


def _command(words: Sequence[str], variable: str, told: str) -> None:
    """What one process does: `conformance` with these words."""
    os.environ[variable] = _KEY
    with (
        Path(told).open("w") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        code = main(words)
    sys.exit(code)


# --- one scenario ---


@dataclass
class Found:
    """What many killed runs came to."""

    runs: int = 0
    kills: int = 0
    exchanges: int = 0
    unknown: int = 0
    """Creations under way at a kill."""
    exact: int = 0
    """Runs whose verdicts were held against those of an undisturbed run."""
    repeated: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    missed: int = 0
    """Clauses on callbacks that are open, because callbacks came while nobody listened."""

    @property
    def is_good(self) -> bool:
        """Whether nothing was repeated, lost or judged otherwise."""
        return not (self.repeated or self.lost or self.different)


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody killed: its record, and for each case (or cases with the same request) how many tasks."""

    record: Record
    tasks: Counter[str]


@dataclass
class Bench:
    """One scenario, with its server and what an undisturbed run came to."""

    scenario: Scenario
    contract: Contract
    server: Counting
    url: str
    folder: Path
    rng: random.Random
    undisturbed: dict[frozenset[int], Undisturbed] = field(default_factory=dict)
    seconds: float = 0.0
    requests: int = 0

    # --- processes ---

    def command(self, record: Path | None) -> list[str]:
        """Start, or go on."""
        if record is not None:
            return ["check", "--resume", str(record)]
        given = [
            "check",
            self.scenario.vendor,
            "--base-url",
            self.url,
            "--output",
            str(self.folder),
        ]
        given += ["--concurrency", str(self.scenario.concurrency)]
        given += ["--poll-interval", "0.05", "--poll-delay", "0.05"]
        return [*given, *(["--only", self.scenario.only] if self.scenario.only else [])]

    def started(self, record: Path | None) -> ForkServerProcess:
        """A process of its own."""
        told = str(self.folder / "told.txt")
        process = _FORKS.Process(
            target=_command, args=(self.command(record), self.contract.key_variable, told)
        )
        process.start()
        return process

    def ended(self, process: ForkServerProcess) -> None:
        """Wait for a process that nobody kills."""
        process.join(_WAIT_S)
        if process.exitcode not in (0, 1, 5):
            told = (self.folder / "told.txt").read_text()[-2000:]
            raise RuntimeError(f"{self.scenario.name}: exit code {process.exitcode}: {told}")

    # --- the undisturbed run ---

    def reference(self, lose: frozenset[int] = frozenset()) -> Undisturbed:
        """A run that nobody kills; the replies to these creations, counted from 0, are lost."""
        if lose not in self.undisturbed:
            self.server.begin(lose)
            start = time.monotonic()
            self.ended(self.started(None))
            record = read_record(self.newest())
            if not lose:
                self.seconds, self.requests = time.monotonic() - start, record.requests
            self.undisturbed[lose] = Undisturbed(record, self._tasks(record, self.server.arrivals))
            self.newest().unlink()
        return self.undisturbed[lose]

    def newest(self) -> Path:
        """The one record that there is."""
        (found,) = (self.folder / "records").glob("*.jsonl")
        return found

    # --- killed runs ---

    def killed(self, found: Found) -> None:
        """One run, killed and gone on with until it is finished; one that was over before it was killed is none."""
        self.reference()
        self.server.begin()
        record: Path | None = None
        kept = b""
        kills = 0
        for _ in range(self.rng.choice(_KILLS)):
            process = self.started(record)
            kills += self._kill(process)
            record, kept = self._kept(record, kept, found)
        self.server.aim(None, None)
        self.ended(self.started(record))
        record, kept = self._kept(record, kept, found)
        assert record is not None
        finished = read_record(record)
        record.unlink()
        if not kills:
            return
        self._judge(finished, found)
        found.kills += kills
        found.runs += 1

    def _kill(self, process: ForkServerProcess) -> bool:
        """Kill a process at some moment; whether it was still there."""

        how = self.rng.choice(["time", "before", "after"])
        number = self.rng.randint(1, max(1, self.requests * 2 // 3))
        self.server.aim(
            (number, process.kill) if how == "before" else None,
            (number, process.kill) if how == "after" else None,
        )
        process.join(self.rng.uniform(0.0, self.seconds))
        process.kill()
        process.join()
        return process.exitcode == -signal.SIGKILL

    def _kept(self, record: Path | None, kept: bytes, found: Found) -> tuple[Path | None, bytes]:
        """The record as it is by now; whatever was whole in it before must still be there."""
        paths = [record] if record else list((self.folder / "records").glob("*.jsonl"))
        if not paths:
            return None, b""
        data = paths[0].read_bytes()
        if not data.startswith(kept):
            found.lost.append(f"{self.scenario.name}: {paths[0].name} lost lines that it had")
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            paths[0].unlink()  # killed before its first line: nothing was sent
            return None, b""
        return paths[0], whole

    def _judge(self, record: Record, found: Found) -> None:
        tasks = self._tasks(record, self.server.arrivals)
        found.exchanges += len(record.exchanges)
        lost = frozenset(n for n, e in enumerate(_creations(record)) if e.failure == INTERRUPTED)
        found.unknown += len(lost)
        is_exact = not lost or self.scenario.concurrency == 1
        found.exact += is_exact
        reference = self.reference(lost if is_exact else frozenset())
        for cases, number in tasks.items():
            if number > max(1, reference.tasks[cases]):
                found.repeated.append(f"{self.scenario.name}: {number} tasks were made for {cases}")
        for one, other in _differing(reference.record, record):
            if other.clause in self._called and other.verdict == "untested":
                found.missed += 1
            elif is_exact or "violates" in (one.verdict, other.verdict):
                found.different.append(
                    f"{self.scenario.name}: {_shown(other)}, not {_shown(one)}; lost {sorted(lost)}"
                )

    @property
    def _called(self) -> frozenset[str]:
        clauses = derive_clauses(self.contract)
        return frozenset(c.id for c in clauses if c.operation == "callback")

    def _tasks(self, record: Record, arrivals: list[Arrival]) -> Counter[str]:
        """How many tasks the server made for each case; cases whose requests are the same stand together."""
        cases: dict[tuple[bytes, str], set[str]] = {}
        promise = self.contract.idempotency
        for asked in _creations(record):
            key = (header(asked.request.headers, promise.header) or "") if promise else ""
            cases.setdefault((asked.request.body, key), set()).add(asked.case)
        made: dict[str, set[str]] = {}
        for arrival in arrivals:
            if arrival.task_id:
                names = " + ".join(sorted(cases[arrival.body, arrival.key]))
                made.setdefault(names, set()).add(arrival.task_id)
        return Counter({names: len(tasks) for names, tasks in made.items()})


def _creations(record: Record) -> list[Exchange]:
    """The creations with the right key, in the order in which they were written down; one sent twice under a key is one."""
    mine = [e for e in record.exchanges.values() if e.phase == "create"]
    return sorted(
        (e for e in mine if record.cases[e.case].send.key == "right"), key=lambda e: int(e.id[1:])
    )


def _differing(one: Record, other: Record) -> Iterator[tuple[Verdict, Verdict]]:
    """Verdicts that are not the same, whatever exchanges they rest on."""
    mine = {v.clause: replace(v, exchanges=()) for v in one.verdicts}
    for verdict in other.verdicts:
        bare = replace(verdict, exchanges=())
        if mine.get(verdict.clause) != bare:
            yield mine[verdict.clause], bare


def _shown(verdict: Verdict) -> str:
    said = verdict.reason or verdict.message or verdict.follows
    return f"{verdict.clause} {verdict.verdict} ({said})"


# --- all of them ---


def kills_of(scenario: Scenario, *, runs: int, seed: int = 0) -> Found:
    """What so many killed runs of one scenario come to."""
    logging.getLogger("uvicorn.error").setLevel(
        logging.CRITICAL
    )  # lost replies are meant to be lost
    contract = load_contract(scenario.vendor)
    server = Counting(
        simulate(contract, clock=RealClock(_SPEED), key=_KEY, deliver=LoopbackPost()), contract
    )
    found = Found()
    with (
        tempfile.TemporaryDirectory(prefix="kills-") as folder,
        serving({scenario.vendor: server}) as urls,  # type: ignore[dict-item]  # an ASGI application like any other
    ):
        bench = Bench(
            scenario=scenario,
            contract=contract,
            server=server,
            url=urls[scenario.vendor],
            folder=Path(folder),
            rng=random.Random(f"{seed} {scenario.name}"),
        )
        while found.runs < runs:
            bench.killed(found)
    return found


def kills(runs: int) -> None:
    """Print what so many killed runs come to, each scenario as often as it weighs."""
    shares = sum(scenario.weight for scenario in SCENARIOS)
    print(
        "| scenario | runs | kills | exchanges | creations under way at a kill | exact | paid twice | lost | other verdicts | callbacks missed |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    told: list[str] = []
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        pending = {
            pool.submit(kills_of, s, runs=max(1, round(runs * s.weight / shares))): s
            for s in SCENARIOS
        }
        for future in as_completed(pending):
            found = future.result()
            told += [*found.repeated, *found.lost, *found.different]
            print(
                f"| {pending[future].name} | {found.runs} | {found.kills} | {found.exchanges} | {found.unknown}"
                f" | {found.exact} | {len(found.repeated)} | {len(found.lost)} | {len(found.different)} | {found.missed} |",
                flush=True,
            )
    for line in told:
        print(f"- {line}")
