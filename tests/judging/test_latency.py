"""How long each phase took, and no more than so many looks can tell."""

from __future__ import annotations

import pytest

from conformance.contract.model import Contract
from conformance.judging.latency import latencies, latency_of
from conformance.results.outcome import Latency
from conformance.wire.exchange import Exchange, Picture, Reply, Request, Trace
from tests.run.toy import TEXT, reply, toy

TWO = TEXT.replace(
    "    queued: {phase: running}\n", "    queued: {phase: running}\n    drawn: {phase: running}\n"
)


def exchange(
    phase: str, started_s: float, elapsed_s: float, answer: Reply, **more: object
) -> Exchange:
    return Exchange(
        id=f"e{started_s:g}",
        case="one",
        phase=phase,
        request=Request(method="GET", url="https://toy.example"),
        reply=answer,
        started_s=started_s,
        elapsed_s=elapsed_s,
        **more,  # type: ignore[arg-type]  # the fields of an exchange
    )


def trace(*states: tuple[float, str]) -> Trace:
    polls = [exchange("poll", s, 0.5, reply(200, {"state": state})) for s, state in states]
    made = exchange("create", 100.0, 2.0, reply(200, {"id": "t1"}))
    picture = exchange("download", 200.0, 3.0, Reply(status=200), picture=Picture(format="png"))
    return Trace(case="one", exchanges=(made, *polls, picture))


def seen(contract: Contract, *traces: Trace, **more: object) -> dict[str, tuple[int, float | None]]:
    found = latencies(contract, traces, **more)  # type: ignore[arg-type]  # the cases left out
    return {each.phase: (each.n, each.least) for each in found}


def test_each_phase_is_measured_where_states_tell_it() -> None:
    whole = trace((110.0, "queued"), (120.0, "drawn"), (150.0, "done"))
    assert seen(toy(TWO), whole) == {
        "submit": (1, 2.0),
        "queue": (1, 18.5),
        "render": (1, 30.0),
        "task": (1, 48.5),
        "download": (1, 3.0),
    }


def test_where_no_state_tells_waiting_from_working_only_the_whole_is_known() -> None:
    whole = trace((110.0, "queued"), (150.0, "done"))
    assert seen(toy(), whole)["task"] == (1, 48.5)
    assert seen(toy(), whole)["queue"] == seen(toy(), whole)["render"] == (0, None)


def test_a_task_that_was_never_seen_at_work_says_nothing_of_the_queue() -> None:
    assert seen(toy(TWO), trace((110.0, "queued"), (150.0, "done")))["queue"] == (0, None)


def test_a_failed_task_and_one_that_a_stop_falls_into_have_no_duration() -> None:
    assert seen(toy(), trace((110.0, "queued"), (150.0, "failed")))["task"] == (0, None)
    found = seen(toy(), trace((110.0, "queued"), (150.0, "done")), but={"one"})
    assert (found["task"], found["submit"]) == ((0, None), (1, 2.0))


@pytest.mark.parametrize(
    ("n", "p50", "p90", "p99"),
    [
        (0, None, None, None),
        (1, None, None, None),
        (2, 1.0, None, None),
        (9, 5.0, None, None),
        (10, 5.0, 9.0, None),
        (99, 50.0, 90.0, None),
        (100, 50.0, 90.0, 99.0),
    ],
)
def test_no_percentile_beyond_what_was_seen(
    n: int, p50: float | None, p90: float | None, p99: float | None
) -> None:
    found = latency_of("task", [float(value) for value in range(n, 0, -1)])
    ends = {"least": 1.0, "most": float(n)} if n else {}
    assert found == Latency(phase="task", n=n, p50=p50, p90=p90, p99=p99, **ends)
