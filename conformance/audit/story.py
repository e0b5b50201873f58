"""What did a client do in one run, as the record tells it?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from conformance.client.reading import Heard, hear, task_id_in
from conformance.client.snapshots import read_snapshot
from conformance.contract.model import Contract
from conformance.wire.exchange import Exchange, header
from conformance.wire.retrying import retry_after_s

__all__ = ["Creation", "Look", "Story", "Watch"]

Outcome = Literal["made", "refused", "throttled", "trouble", "lost"]
Seen = Literal["running", "ended", "odd", "trouble", "throttled", "refused", "lost"]


@dataclass(frozen=True)
class Creation:
    """
    One attempt to make a task.

    `outcome` is what its sender knows: `lost` is a reply that never came or cannot be read. `made`: a task was made,
    whether anybody was told or not.
    """

    exchange: Exchange
    outcome: Outcome
    status: int
    task: str
    made: bool
    key: str | None
    wish: str
    wants_callback: bool

    @property
    def ended_s(self) -> float:
        """When its reply was there."""
        return self.exchange.started_s + self.exchange.elapsed_s

    @property
    def retry_after_s(self) -> float | None:
        """What the reply asked to wait."""
        return retry_after_s(self.exchange.reply)


@dataclass(frozen=True)
class Look:
    """One status query about a task. `odd` is a reply that no document explains: another state, no JSON."""

    exchange: Exchange
    seen: Seen
    status: int
    failed: bool = False

    @property
    def ended_s(self) -> float:
        """When its reply was there."""
        return self.exchange.started_s + self.exchange.elapsed_s

    @property
    def retry_after_s(self) -> float | None:
        """What the reply asked to wait."""
        return retry_after_s(self.exchange.reply)


@dataclass(frozen=True)
class Watch:
    """What was asked about one task, in order. `creation` is None where another run, or nobody, made it."""

    task: str
    looks: tuple[Look, ...]
    creation: Creation | None


@dataclass(frozen=True)
class Story:
    """
    One run of the program.

    Args:
        case: The name of the scenario.
        ended: How the program ended: `exit`, `timeout` or `stopped`.
        tolerated_s: By how much a wait may be shorter than it should be: no clock is exact.
    """

    contract: Contract
    case: str
    exchanges: tuple[Exchange, ...]
    ended: str
    exit: int
    tolerated_s: float = 0.0
    ends: bool = False
    slow: bool = False

    @cached_property
    def creations(self) -> tuple[Creation, ...]:
        """All attempts to make a task, in the order in which they came."""
        return tuple(self._creation(e) for e in self.exchanges if e.phase == "create")

    @cached_property
    def watches(self) -> tuple[Watch, ...]:
        """What was asked about each task."""
        by_task: dict[str, list[Exchange]] = {}
        for exchange in self.exchanges:
            if exchange.phase == "poll":
                by_task.setdefault(str(exchange.facts.get("task", "")), []).append(exchange)
        made = {creation.task: creation for creation in self.creations if creation.task}
        return tuple(
            Watch(task, tuple(map(self._look, asked)), made.get(task))
            for task, asked in by_task.items()
        )

    @property
    def made(self) -> int:
        """How many tasks were made."""
        return sum(creation.made for creation in self.creations)

    def _creation(self, exchange: Exchange) -> Creation:
        heard = self._heard("create", exchange)
        promise = self.contract.idempotency
        key = header(exchange.request.headers, promise.header) if promise else None
        task = ""
        if heard is not None and heard.kind == "accepted":
            task = task_id_in(self.contract, "create", heard.body)
        body = _json(exchange.request.body)
        return Creation(
            exchange=exchange,
            outcome=_outcome(heard, task),
            status=heard.means if heard else 0,
            task=task,
            made=bool(exchange.facts.get("made")),
            key=key or None,
            wish=json.dumps(body, sort_keys=True)
            if body is not None
            else repr(exchange.request.body),
            wants_callback=_wants_callback(self.contract, body),
        )

    def _look(self, exchange: Exchange) -> Look:
        heard = self._heard("status", exchange)
        if heard is None:
            return Look(exchange, "lost", 0)
        if heard.kind == "accepted":
            phase = self._phase(heard.body)
            phases: Mapping[str, Seen] = {
                "running": "running",
                "succeeded": "ended",
                "failed": "ended",
            }
            seen = phases.get(phase, "odd")
            return Look(exchange, seen, heard.means, failed=phase == "failed")
        kinds: Mapping[str, Seen] = {
            "trouble": "trouble",
            "throttled": "throttled",
            "unreadable": "odd",
        }
        return Look(exchange, kinds.get(heard.kind, "refused"), heard.means)

    def _phase(self, body: Any) -> str:
        operation = self.contract.operation("status")
        assert operation is not None  # a status query was answered
        shown = read_snapshot(
            self.contract,
            operation,
            body,
            task_id="",
            request=None,
            base_url=self.contract.base_url,
        )
        # Done and without pictures is not yet the end: the next look may have them.
        return "unknown" if shown.phase == "succeeded" and not shown.urls else shown.phase

    def _heard(self, operation: str, exchange: Exchange) -> Heard | None:
        return hear(self.contract, operation, exchange.reply) if exchange.reply else None


def _outcome(heard: Heard | None, task: str) -> Outcome:
    if heard is None or heard.kind == "unreadable" or (heard.kind == "accepted" and not task):
        return "lost"
    kinds: Mapping[str, Outcome] = {
        "accepted": "made",
        "throttled": "throttled",
        "busy": "throttled",
        "in-progress": "throttled",
        "trouble": "trouble",
    }
    return kinds.get(heard.kind, "refused")


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _wants_callback(contract: Contract, body: Any) -> bool:
    callback = contract.callback
    if callback is None or not isinstance(body, Mapping):
        return False
    return bool(body.get(callback.field))


def in_order(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """As they came."""
    return tuple(sorted(exchanges, key=lambda e: e.started_s))
