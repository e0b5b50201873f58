"""A small contract, a vendor that keeps it, and clocks, for tests of the run. No sockets, no waiting."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conformance.contract.loading import load_text
from conformance.contract.model import Contract
from conformance.errors import ConformanceError, NoReply, NotSent
from conformance.results.cases import Case, Cost, Plan, Send, Witness
from conformance.results.entries import Entry
from conformance.results.events import Event
from conformance.results.outcome import RunResult, Target
from conformance.results.record import Record
from conformance.results.verdicts import Verdict
from conformance.run.check import run_check
from conformance.run.journal import MemoryJournal
from conformance.run.options import RunOptions
from conformance.run.targets import Endpoint
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Reply, Request, header

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KEY = "sk-toy-0123456789"
BASE = "http://127.0.0.1:9"

TEXT = """
format: conformance/contract@1
vendor: toy
title: Toy
base_url: https://toy.example
key_variable: TOY_API_KEY
documents:
  d: {title: Toy, url: "https://toy.example/docs", seen: 2026-11-20}
auth:
  bearer: {header: Authorization, prefix: "Bearer ", source: d#x}
operations:
  create:
    http: POST /tasks
    content_type: application/json
    source: d#x
    success: {status: [200], source: d#x}
    body:
      prompt: {type: string, required: true, maxLength: 40, role: prompt, source: d#x}
      size: {type: string, enum: [s, m, l], default: s, role: size, source: d#x}
      style: {type: string, enum: [plain, bold, thin], source: d#x}
      tone: {type: string, enum: [warm, cold], source: d#x}
    reply:
      id: {type: string, role: task_id, source: d#x}
      cost: {type: number, role: cost, source: d#x}
  status:
    http: GET /tasks/{id}
    source: d#x
    success: {status: [200], source: d#x}
    path:
      id: {type: string, required: true, role: task_id, source: d#x}
    reply:
      state: {type: string, role: state, source: d#x}
      urls: {type: array, when: {state: {const: done}}, role: results, source: d#x}
states:
  source: d#x
  values:
    queued: {phase: running}
    done: {phase: succeeded}
    failed: {phase: failed}
  terminal: {source: d#x}
errors:
  envelopes:
    plain: {fields: {error: {type: string, role: message, source: d#x}}}
  table:
    "400": {means: bad, causes: [bad-parameter, missing-parameter], operations: [create], refused_at: create, source: d#x}
    "401": {means: no key, causes: [unauthorized], operations: [create, status], source: d#x}
    "404": {means: no task, causes: [unknown-task], operations: [status], source: d#x}
    "409": {means: too many tasks, causes: [active-limit], operations: [create], source: d#x}
    "429": {means: too fast, causes: [rate-limit], operations: [create, status], source: d#x}
    "500": {means: our fault, causes: [server-error], operations: [create, status], source: d#x}
charges:
  unit: credits
  meter: {create: cost}
  cells:
    any: {amount: 2, source: d#x}
polling:
  first_s: [5, 5]
  interval_s: [2, 8]
  timeout_s: 60
"""


def toy(text: str = TEXT, **changes: str) -> Contract:
    """The toy contract, with pieces of its text replaced."""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return load_text(text, file="toy.yaml")


class OpenJournal(MemoryJournal):
    """Shows what was written."""

    @property
    def entries(self) -> list[Entry]:
        return self._entries


class YieldingClock(VirtualClock):
    """A virtual clock on which others have their turn whenever somebody sleeps."""

    def __init__(self) -> None:
        super().__init__(1_000.0)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


Answer = Callable[[Request], "Reply | Exception | None"]


def reply(status: int, body: Any = None, **headers: str) -> Reply:
    """A JSON reply."""
    pairs = [("Content-Type", "application/json")]
    pairs += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Reply(status=status, headers=tuple(pairs), body=json.dumps(body).encode())


NO_REPLY = NoReply("gone", kind="reset")
NOT_SENT = NotSent("cannot connect", kind="connect")


@dataclass
class Vendor:
    """
    Keeps the toy contract. `before` may answer in its place, or raise; None lets it go on.

    `accepts_all`: it never refuses a body. `tasks` are those that it made, which somebody pays for.
    """

    before: Answer | None = None
    accepts_all: bool = False
    polls_until_done: int = 2
    urls: tuple[str, ...] = ("/pictures/1.png",)
    seen: list[Request] = field(default_factory=list)
    tasks: dict[str, int] = field(default_factory=dict)
    closed: bool = False

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:
        self.seen.append(request)
        await asyncio.sleep(0)
        answer = self.before(request) if self.before else None
        if isinstance(answer, Exception):
            raise answer
        return answer or self.answer(request)

    async def aclose(self) -> None:
        self.closed = True

    def answer(self, request: Request) -> Reply:
        if "/pictures/" in request.url:
            return Reply(status=200, headers=(("Content-Type", "image/png"),), body=PNG)
        if header(request.headers, "authorization") != f"Bearer {KEY}":
            return reply(401, {"error": "no key"})
        if request.method == "POST":
            return self.create(request)
        return self.status(urlsplit(request.url).path.rpartition("/")[2])

    def create(self, request: Request) -> Reply:
        if not self.accepts_all and not _valid(json.loads(request.body)):
            return reply(400, {"error": "bad"})
        return self.made()

    def made(self) -> Reply:
        name = f"t{len(self.tasks) + 1}"
        self.tasks[name] = 0
        return reply(200, {"id": name, "cost": 2})

    def status(self, name: str) -> Reply:
        if name not in self.tasks:
            return reply(404, {"error": "no task"})
        self.tasks[name] += 1
        if self.tasks[name] < self.polls_until_done:
            return reply(200, {"state": "queued"})
        return reply(200, {"state": "done", "urls": list(self.urls)})

    @property
    def creates(self) -> list[Request]:
        """The creations that were sent with the right key."""
        return [r for r in self.seen if is_create(r)]


def is_create(request: Request) -> bool:
    """Whether it is a creation with the right key."""
    return request.method == "POST" and header(request.headers, "authorization") == f"Bearer {KEY}"


def _valid(body: Any) -> bool:
    known = {"size": "sml", "style": ("plain", "bold", "thin"), "tone": ("warm", "cold")}
    return (
        isinstance(body.get("prompt"), str)
        and len(body["prompt"]) <= 40
        and all(
            isinstance(body[name], str) and body[name] in values
            for name, values in known.items()
            if name in body
        )
    )


def endpoint(
    vendor: Any, *, sequential: bool = False, base_url: str = BASE, **changes: Any
) -> Endpoint:
    """A loopback target, as the run sees it; or another."""
    target = Target(kind="url", base_url=base_url, loopback=True)
    given: dict[str, Any] = {
        "target": target,
        "transport": vendor,
        "clock": YieldingClock(),
        "base_url": base_url,
        "key": KEY,
        "sequential": sequential,
    }
    return Endpoint(**(given | changes))


# --- cases and plans by hand ---


def creation(name: str, *, expect: Any = "accepted", **changes: Any) -> Case:
    """A creation with one field pinned to nothing in particular, so that its body is its own."""
    body = {"prompt": name}
    given: dict[str, Any] = {
        "id": name,
        "operation": "create",
        "send": Send(operation="create", method="POST", path="/tasks", body=body),
        "expect": expect,
        "assignment": body,
        "cost": Cost(amount=2, unit="credits"),
        "worst_cost": Cost(amount=5, unit="credits"),
    }
    return Case(**(given | changes))


def refusal(name: str, **changes: Any) -> Case:
    """A creation that ought to be refused."""
    broken = Witness(clause="toy.create.prompt.maxLength", value=f"refuses {name}")
    given: dict[str, Any] = {
        "breaks": broken,
        "witnesses": (broken,),
        "refused_at": "create",
        "cost": Cost(),
    }
    return creation(name, expect="refused", **(given | changes))


def question(name: str, task: str, **changes: Any) -> Case:
    """A status query, of the task of another case or of the one in `task`."""
    own = task.startswith("t-")
    send = Send(operation="status", method="GET", path="/tasks/" + (task if own else "{task_id}"))
    given: dict[str, Any] = {
        "id": name,
        "operation": "status",
        "send": send,
        "expect": "answered",
        "needs_task": "" if own else task,
    }
    return Case(**(given | changes))


def plan_of(*cases: Case) -> Callable[..., Plan]:
    """A planner that always gives these cases."""

    def planner(contract: Contract, **_: Any) -> Plan:
        return Plan(vendor=contract.vendor, strength=1, cases=cases)

    return planner


@dataclass
class Done:
    """A run that is over: its result (None where it was stopped), its record and its events."""

    result: RunResult | None
    record: Record
    events: list[Event]
    error: BaseException | None
    written: list[Entry]

    def phases(self, case: str) -> list[str]:
        """What the exchanges of a case were for."""
        trace = self.record.traces.get(case)
        return [e.phase for e in trace.exchanges] if trace else []

    @property
    def verdicts(self) -> dict[str, Verdict]:
        assert self.result is not None
        return {v.clause: v for v in self.result.verdicts}


def done(
    vendor: Any,
    *cases: Case,
    contract: Contract | None = None,
    target: Endpoint | None = None,
    planner: Callable[..., Plan] | None = None,
    **options: Any,
) -> Done:
    """Run to the end, one case at a time unless told otherwise."""
    events: list[Event] = []
    journal = OpenJournal()
    more: dict[str, Any] = {"planner": planner or plan_of(*cases)} if planner or cases else {}
    result, error = None, None
    try:
        result = run_check(
            contract or toy(),
            target or endpoint(vendor),
            RunOptions(**({"concurrency": 1} | options)),
            journal=journal,
            on_event=events.append,
            **more,
        )
    except (ConformanceError, asyncio.CancelledError) as stopped:
        error = stopped
    return Done(result, journal.record(), events, error, journal.entries)


def prompt_of(request: Request) -> str:
    """The prompt of a creation; "" for anything else."""
    return str(json.loads(request.body).get("prompt", "")) if request.body else ""


def on_create(name: str, *answers: Reply | Exception | None) -> Answer:
    """Answers the creations with that prompt in turn, the last answer for good; None is the vendor's own."""
    left = list(answers)

    def before(request: Request) -> Reply | Exception | None:
        if not is_create(request) or prompt_of(request) != name:
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    return before


def on_poll(*answers: Reply | Exception | None) -> Answer:
    """Answers status queries in turn, and after the last one the vendor itself does."""
    left = list(answers)

    def before(request: Request) -> Reply | Exception | None:
        return (
            left.pop(0) if request.method == "GET" and "/tasks/" in request.url and left else None
        )

    return before
