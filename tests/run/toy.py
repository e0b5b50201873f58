"""A small contract, a vendor that keeps it, and clocks, for tests of the run. No sockets, no waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.contract.loading import load_text
from conformance.contract.model import Contract
from conformance.errors import NoReply, NotSent
from conformance.results.outcome import Target
from conformance.run.targets import Endpoint
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Reply, Request, header

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
    urls: tuple[str, ...] = ()
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


def query(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url).query)


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


def endpoint(vendor: Any, *, sequential: bool = False, base_url: str = BASE, **changes: Any) -> Endpoint:
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
