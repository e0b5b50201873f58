"""How far is a task by now?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.model import Contract, Phase, State

__all__ = ["Snapshot", "Task", "Timetable"]

_INTERVAL_S = 3.0  # what clients take where no page gives advice
_LONG_INTERVAL_S = 5.0  # a range may reach far; nobody waits for half a minute between two polls
_SHORTEST_S = 5.0


@dataclass(slots=True, kw_only=True)
class Task:
    """
    One task. What becomes of it is decided when it is made; when, by the clock.

    Args:
        body: The request as it was sent.
        values: The request by field path, defaults filled in.
        sent: The request by field path, as it was sent.
        sizes: The size of each picture.
        failure: Why it will fail; "" for a task that will succeed.
        views: How often it was shown after it had ended.
    """

    id: str
    number: int
    model: str
    body: Any
    values: Mapping[str, Any]
    created_s: float
    sizes: tuple[tuple[int, int], ...] = ()
    media_type: str = "image/png"
    cost: float | None = None
    refunded: bool = False
    failure: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)
    views: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    A task at one moment.

    Args:
        state: As it stands in replies; None where the vendor has no states.
        progress: From 0 to 1.
        ended_s: When it ended; None while it runs.
        changed_s: When it last came into another state.
    """

    state: str | int | None
    phase: Phase
    progress: float
    ended_s: float | None
    changed_s: float


class Timetable:
    """
    Which state a task is in, as a function of its age alone.

    It goes through the documented running states in their order. Each lasts as long as a client that keeps the
    documented polling advice needs to see it.
    """

    def __init__(self, contract: Contract, *, pace: str = "every-state") -> None:
        states = contract.states
        running = [s for s in states if s.phase == "running" and s.provoked_by != "nothing"]
        self.running = tuple(s.value for s in running) if pace != "straight" else ()
        self._ends = _ends(contract, len(self.running), 4.0 if pace == "slow" else 1.0)
        self._succeeded = _ending(states, "succeeded", "")
        self._failed = _ending(states, "failed", "unreachable-image")
        self.waiting = running[0].value if running else None

    @property
    def total_s(self) -> float:
        """How long a task takes."""
        return self._ends[-1] if self._ends else 0.0

    def ending(self, phase: Phase) -> str | int | None:
        """The state in which a task ends."""
        return self._failed if phase == "failed" else self._succeeded

    def snapshot(self, task: Task, now_s: float) -> Snapshot:
        """How far the task is at that time."""
        age_s = now_s - task.created_s
        if age_s >= self.total_s:
            ended_s = task.created_s + self.total_s
            phase: Phase = "failed" if task.failure else "succeeded"
            progress = 1.0 if phase == "succeeded" else _progress(self.total_s, self.total_s)
            return Snapshot(
                state=self.ending(phase),
                phase=phase,
                progress=progress,
                ended_s=ended_s,
                changed_s=ended_s,
            )
        index = sum(age_s >= end for end in self._ends)
        return Snapshot(
            state=self.running[index] if self.running else None,
            phase="running",
            progress=_progress(age_s, self.total_s),
            ended_s=None,
            changed_s=task.created_s + (self._ends[index - 1] if index else 0.0),
        )


def _progress(age_s: float, total_s: float) -> float:
    return min(0.95, max(0.0, age_s / total_s)) if total_s else 0.0


def _ends(contract: Contract, states: int, stretch: float) -> tuple[float, ...]:
    """When each running state ends, in seconds after creation."""
    low_s, high_s = contract.polling.interval_s or (_INTERVAL_S, _INTERVAL_S)
    each_s = max(low_s, min(high_s, _LONG_INTERVAL_S)) + 0.5
    first_s = max(contract.polling.first_s[1] + 0.5, each_s) if contract.polling.first_s else each_s
    if states == 0:
        return ()
    total_s = max(_SHORTEST_S, first_s + each_s * (states - 1))
    first_s = max(first_s, total_s - each_s * (states - 1))
    return tuple((first_s + each_s * index) * stretch for index in range(states))


def _ending(states: tuple[State, ...], phase: Phase, provoked_by: str) -> str | int | None:
    """The documented state that an ordinary task of that phase ends in."""
    ends = [s for s in states if s.phase == phase]
    best = [s for s in ends if s.provoked_by == provoked_by]
    likely = best or [s for s in ends if s.provoked_by != "nothing"] or ends
    return likely[0].value if likely else None
