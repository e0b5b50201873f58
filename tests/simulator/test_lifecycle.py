"""Which state a task is in, as a function of its age."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.model import Contract, Polling, State
from conformance.simulator.lifecycle import Task, Timetable

RUNNING = (State(value="a", phase="running"), State(value="b", phase="running"))
ENDS = (
    State(value="cancelled", phase="failed", provoked_by="nothing"),
    State(value="broken", phase="failed", provoked_by="unreachable-image"),
    State(value="done", phase="succeeded"),
)
CONTRACT = Contract(vendor="v", title="", base_url="", key_variable="", states=(*RUNNING, *ENDS))


def task(failure: str = "") -> Task:
    return Task(id="t", number=1, model="", body={}, values={}, created_s=0.0, failure=failure)


def seen(contract: Contract, every_s: float, *, first_s: float | None = None) -> list[object]:
    """The states that a client sees which polls like this."""
    table, now_s, found = Timetable(contract), first_s or every_s, []
    while not found or found[-1].phase == "running":
        found.append(table.snapshot(task(), now_s))
        now_s += every_s
    return [snapshot.state for snapshot in found]


@pytest.mark.parametrize("interval", [None, (2.0, 2.0), (3.0, 5.0), (2.0, 30.0), (1.0, 1.0)])
def test_each_running_state_is_seen_with_the_documented_interval(
    interval: tuple[float, float] | None,
) -> None:
    contract = replace(CONTRACT, polling=Polling(interval_s=interval))
    low, high = interval or (3.0, 3.0)
    for every_s in (low, min(high, 5.0)):
        assert list(dict.fromkeys(seen(contract, every_s))) == ["a", "b", "done"]


def test_the_first_documented_poll_still_sees_it_run() -> None:
    contract = replace(CONTRACT, polling=Polling(first_s=(10, 20), interval_s=(3, 5)))
    assert seen(contract, 5, first_s=20)[0] == "a"


def test_one_running_state_lasts_about_five_seconds() -> None:
    contract = replace(CONTRACT, states=(RUNNING[0], *ENDS))
    assert 5 <= Timetable(contract).total_s <= 8


def test_a_task_fails_into_the_state_that_can_be_provoked() -> None:
    assert Timetable(CONTRACT).snapshot(task("broken"), 100).state == "broken"


def test_a_vendor_without_states_has_tasks_that_are_done_at_once() -> None:
    contract = replace(CONTRACT, states=())
    snapshot = Timetable(contract).snapshot(task(), 0.0)
    assert (snapshot.state, snapshot.phase, snapshot.progress) == (None, "succeeded", 1.0)


def test_states_that_nothing_leads_to_are_not_gone_through() -> None:
    paused = State(value="paused", phase="running", provoked_by="nothing")
    contract = replace(CONTRACT, states=(paused, *RUNNING, *ENDS))
    assert "paused" not in seen(contract, 2)
