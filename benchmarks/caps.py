"""
Is a cap ever exceeded? `python -m benchmarks caps --runs 100000` counts requests, not runs.

A made-up vendor in this process answers each creation as it likes: it accepts, refuses, throttles, charges and loses its
reply, answers 5xx before or after it has charged, or charges for what it should refuse. Runs with caps on number and
cost, several cases at a time, are killed at random and gone on with. After every request the vendor's own books are
held against the caps.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.contract.loading import load_text
from conformance.contract.model import Contract
from conformance.errors import NoReply, NotSent, TargetUnusable
from conformance.results.entries import Entry
from conformance.results.outcome import Target
from conformance.results.record import Record
from conformance.run.check import run_check
from conformance.run.journal import FileJournal, Journal, reopen_journal
from conformance.run.options import RunOptions, recorded_options
from conformance.run.resuming import Past
from conformance.run.targets import Endpoint
from conformance.simulator.clock import VirtualClock
from conformance.wire.exchange import Reply, Request, header

__all__ = ["Books", "Told", "caps", "caps_held"]

_KEY = "sk-caps-0123456789"
_PRICES = (2, 5)

_TEXT = """
format: conformance/contract@1
vendor: caps
title: Caps
base_url: https://caps.example
key_variable: CAPS_API_KEY
documents:
  d: {title: Caps, url: "https://caps.example/docs", seen: 2026-11-20}
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
      size: {type: string, enum: [s, m, l, xl], default: s, role: size, source: d#x}
      style: {type: string, enum: [plain, bold, thin], source: d#x}
      count: {type: integer, minimum: 1, maximum: 4, source: d#x}
    reply:
      id: {type: string, role: task_id, source: d#x}
  status:
    http: GET /tasks/{id}
    source: d#x
    success: {status: [200], source: d#x}
    path:
      id: {type: string, required: true, role: task_id, source: d#x}
    reply:
      state: {type: string, role: state, source: d#x}
      cost: {type: number, required: false, role: cost, source: d#x}
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
    "400": {means: bad, causes: [bad-parameter, missing-parameter], operations: [create], source: d#x}
    "401": {means: no key, causes: [unauthorized], operations: [create, status], source: d#x}
    "404": {means: no task, causes: [unknown-task], operations: [status], source: d#x}
    "409": {means: too many tasks, causes: [active-limit], operations: [create], source: d#x}
    "429": {means: too fast, causes: [rate-limit], operations: [create, status], source: d#x}
    "500": {means: our fault, causes: [server-error], operations: [create, status], source: d#x}
charges:
  unit: credits
  meter: {status: cost}
  cells:
    any: {amount: 5, source: d#x}
"""


@dataclass
class Books:
    """A vendor that answers as it likes, and what it has charged."""

    rng: random.Random
    max_billed: int | None
    budget: float | None
    mood: dict[str, float]
    charged: dict[str, int] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    async def send(self, request: Request, *, timeout_s: float, max_body_bytes: int) -> Reply:  # noqa: ARG002  # as a transport has it
        """Answer, and look into the books."""
        self.steps += 1
        for _ in range(self.rng.randrange(4)):
            await asyncio.sleep(0)
        reply = self._create(request) if request.method == "POST" else self._status(request)
        self._check()
        await asyncio.sleep(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def aclose(self) -> None:
        """Nothing to close."""

    def _create(self, request: Request) -> Reply | Exception:
        if header(request.headers, "authorization") != f"Bearer {_KEY}":
            return _reply(401, {"error": "no key"})
        happens = self._drawn("unconnected", "throttled", "active", "broken")
        match happens:
            case "unconnected":
                return NotSent("cannot connect", kind="connect")
            case "throttled":
                return _reply(429, {"error": "too fast"})
            case "active":
                return _reply(409, {"error": "too many tasks"})
            case "broken":
                return _reply(500, {"error": "our fault"})
        if not _is_valid(request.body) and not self._drawn("lax"):
            return _reply(400, {"error": "bad"})
        return self._charge(request.body.decode())

    def _charge(self, body: str) -> Reply | Exception:
        name = f"t{len(self.charged) + 1}"
        self.charged[name] = self.rng.choice(_PRICES)
        self.seen[body] += 1
        match self._drawn("lost", "broken-late", "garbled"):
            case "lost":
                return NoReply("gone", kind=self.rng.choice(["reset", "timeout"]))
            case "broken-late":
                return _reply(500, {"error": "our fault"})
            case "garbled":
                return Reply(status=200, body=b"<html>")
        return _reply(200, {"id": name})

    def _status(self, request: Request) -> Reply | Exception:
        name = request.url.rpartition("/")[2]
        if header(request.headers, "authorization") != f"Bearer {_KEY}":
            return _reply(401, {"error": "no key"})
        if name not in self.charged:
            return _reply(404, {"error": "no task"})
        match self._drawn("throttled", "broken", "lost", "queued", "failed"):
            case "throttled":
                return _reply(429, {"error": "too fast"})
            case "broken":
                return _reply(500, {"error": "our fault"})
            case "lost":
                return NoReply("gone", kind="reset")
            case "queued":
                return _reply(200, {"state": "queued"})
            case "failed":
                return _reply(200, {"state": "failed"})
        metered = {"cost": self.charged[name]} if self._drawn("metered") else {}
        return _reply(200, {"state": "done", **metered})

    def _drawn(self, *names: str) -> str:
        """One of these that happens now, or none."""
        return next((n for n in names if self.rng.random() < self.mood.get(n, 0.0)), "")

    def _check(self) -> None:
        spent = sum(self.charged.values())
        if self.max_billed is not None and len(self.charged) > self.max_billed:
            raise AssertionError(f"{len(self.charged)} charged, {self.max_billed} permitted")
        if self.budget is not None and spent > self.budget:
            raise AssertionError(f"{spent} charged, {self.budget} permitted")


def _reply(status: int, body: Any) -> Reply:
    headers = (("Content-Type", "application/json"), ("Retry-After", "1"))
    return Reply(status=status, headers=headers, body=json.dumps(body).encode())


def _is_valid(body: bytes) -> bool:
    try:
        given = json.loads(body)
    except ValueError:
        return False
    if not isinstance(given, dict):
        return False
    prompt, count = given.get("prompt"), given.get("count", 1)
    return (
        isinstance(prompt, str)
        and 0 < len(prompt) <= 40
        and given.get("size", "s") in ("s", "m", "l", "xl")
        and given.get("style", "plain") in ("plain", "bold", "thin")
        and isinstance(count, int)
        and 1 <= count <= 4
    )


class _Killed(BaseException):
    """SIGKILL."""


class _Mortal:
    """A journal whose process dies at some entry."""

    def __init__(self, journal: Journal, entries_left: int) -> None:
        self._journal = journal
        self._left = entries_left
        self.path = journal.path

    def write(self, *entries: Entry) -> None:
        for entry in entries:
            self._left -= 1
            if self._left < 0:
                raise _Killed
            self._journal.write(entry)

    def record(self) -> Record:
        return self._journal.record()

    def close(self) -> None:
        self._journal.close()


class _Yielding(VirtualClock):
    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


@dataclass
class Told:
    """What many runs came to."""

    steps: int = 0
    runs: int = 0
    kills: int = 0
    charged: int = 0
    at_the_cap: int = 0
    unjudged: int = 0


def caps_held(steps: int, *, seed: int = 0) -> Told:
    """
    Make runs until the vendor was asked so often.

    Raises:
        AssertionError: A cap was exceeded, or a creation that was charged was sent again.
    """
    rng, told = random.Random(seed), Told()
    contract = load_text(_TEXT, file="caps.yaml")
    with tempfile.TemporaryDirectory(prefix="caps-") as folder:
        while told.steps < steps:
            _one_run(contract, rng, Path(folder) / f"{told.runs}.jsonl", told)
    return told


def _one_run(contract: Contract, rng: random.Random, path: Path, told: Told) -> None:
    books = Books(
        rng=rng,
        max_billed=rng.choice([None, 0, 1, 2, 3, 5, 8, 13]),
        budget=rng.choice([None, 5, 7, 12, 20, 33]),
        mood={name: rng.choice([0.0, 0.05, 0.3]) for name in _MOODS} | {"queued": 0.4},
    )
    target = Target(kind="url", base_url="https://caps.example", loopback=rng.random() < 0.5)
    options = RunOptions(
        concurrency=rng.choice([1, 2, 4, 8]), max_billed=books.max_billed, budget=books.budget
    )
    past: Past | None = None
    journal: Journal = FileJournal(path)
    while True:
        endpoint = Endpoint(
            target=target,
            transport=books,
            clock=_Yielding(1_000.0),
            base_url=target.base_url,
            key=_KEY,
        )
        kills = rng.random() < 0.7
        mortal = _Mortal(journal, rng.randrange(20, 160) if kills else 10**9)
        try:
            run_check(contract, endpoint, options, journal=mortal, past=past)
            break
        except TargetUnusable:
            told.unjudged += 1
            break
        except _Killed:
            told.kills += 1
        journal, entries, _ = reopen_journal(path)
        past = Past(contract, entries, str(path))
        options = recorded_options(past.header.options, seed=past.header.seed, output=None)
    path.unlink()
    told.steps += books.steps
    told.runs += 1
    told.charged += len(books.charged)
    told.at_the_cap += len(books.charged) == books.max_billed


_MOODS = (
    "unconnected",
    "throttled",
    "active",
    "broken",
    "lax",
    "lost",
    "broken-late",
    "garbled",
    "failed",
    "metered",
)


def caps(steps: int) -> None:
    """Print what so many requests come to."""
    told = caps_held(steps)
    print(
        "| requests | runs | kills | creations charged | runs that used up their cap | caps exceeded |"
    )
    print("|---|---|---|---|---|---|")
    print(f"| {told.steps} | {told.runs} | {told.kills} | {told.charged} | {told.at_the_cap} | 0 |")
