"""Polls follow the advice, forgive trouble, and end."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.wire.exchange import Reply
from tests.run.toy import (
    NO_REPLY,
    NOT_SENT,
    TEXT,
    Done,
    Vendor,
    creation,
    done,
    endpoint,
    on_poll,
    reply,
    toy,
)

FIRST = creation("first")
QUEUED = reply(200, {"state": "queued"})
TROUBLE = reply(500, {"error": "oops"})


def polled(*answers: Reply | Exception | None, **options: Any) -> tuple[Done, list[float]]:
    """The run of one creation whose polls are answered so, and how long it waited before each."""
    target = endpoint(Vendor(before=on_poll(*answers), polls_until_done=1))
    run = done(None, FIRST, target=target, **options)
    return run, target.clock.slept  # type: ignore[attr-defined]


def phases(run: Done) -> str:
    short = {"create": "C", "poll": "p", "repoll": "r", "download": "d"}
    return "".join(short[p] for p in run.phases("first"))


def test_the_first_wait_and_the_others_are_as_documented() -> None:
    run, waits = polled(QUEUED, QUEUED)

    assert phases(run) == "Cpppdr"
    assert waits == [5, 2, 2]


@pytest.mark.parametrize("trouble", [TROUBLE, reply(429, {"error": "slow"}), NO_REPLY, NOT_SENT])
def test_trouble_that_passes_is_forgiven(trouble: Reply | Exception) -> None:
    run, _ = polled(trouble, trouble, QUEUED, trouble)

    assert phases(run) == "Cpppppdr"
    assert run.record.outcomes["first"].facts == {}


def test_trouble_that_does_not_pass_ends_the_poll() -> None:
    run, _ = polled(*[TROUBLE] * 20)

    assert phases(run) == "Cpppppp"
    assert run.record.traces["first"].facts == {"gave_up": "transient"}


def test_retry_after_is_honoured_and_bounded() -> None:
    _, waits = polled(
        reply(429, {"error": "slow"}, Retry_After="9"),
        reply(503, {"error": "slow"}, Retry_After="9999"),
        timeout_s=600,
    )

    assert waits == [5, 9, 60]


def test_a_task_that_does_not_end_is_given_up_at_the_deadline_and_not_before() -> None:
    run, waits = polled(*[QUEUED] * 99, timeout_s=40)

    assert sum(waits) == pytest.approx(40)
    assert run.record.traces["first"].facts == {"gave_up": "deadline"}
    assert "r" not in phases(run)


def test_polls_become_rarer_when_a_task_takes_long() -> None:
    _, waits = polled(*[QUEUED] * 99, timeout_s=600)

    assert waits[1:11] == [2] * 10
    assert waits[12:16] == [4.5, 6.75, 8, 8]


def test_a_task_that_is_not_found_ends_the_poll_after_a_moment_of_grace() -> None:
    run, _ = polled(*[reply(404, {"error": "no task"})] * 9)

    assert phases(run) == "Cppp"
    assert run.record.traces["first"].facts == {"gave_up": "refused"}


def test_a_task_that_is_found_a_moment_later_is_followed() -> None:
    run, _ = polled(reply(404, {"error": "no task"}), QUEUED)

    assert phases(run) == "Cpppdr"


def test_answers_without_a_state_end_the_poll() -> None:
    run, _ = polled(*[reply(200, {"status": "queued"})] * 20)

    assert phases(run) == "Cppppp"
    assert run.record.traces["first"].facts == {"gave_up": "stateless"}


def test_an_undocumented_state_is_waited_through() -> None:
    run, _ = polled(*[reply(200, {"state": "thinking"})] * 8)

    assert phases(run) == "C" + "p" * 9 + "dr"


def test_a_success_without_results_is_asked_about_a_little_longer() -> None:
    run, _ = polled(reply(200, {"state": "done", "urls": []}))

    assert phases(run) == "Cppdr"


def test_a_failed_task_has_ended() -> None:
    run, _ = polled(reply(200, {"state": "failed"}))

    assert phases(run) == "Cpr"


def test_the_last_look_comes_after_everything_and_forgives_trouble() -> None:
    vendor = Vendor(polls_until_done=1)
    looks: list[str] = []

    def before(request: object) -> Reply | None:
        looks.append(str(getattr(request, "url", ""))[-2:])
        return TROUBLE if looks.count("t1") == 2 else None

    vendor.before = before
    run = done(vendor, FIRST, creation("second"))

    assert run.phases("first") == ["create", "poll", "download", "repoll", "repoll"]
    ids = {e.phase: e.id for trace in run.record.traces.values() for e in trace.exchanges}
    assert min(e.id for e in run.record.exchanges.values() if e.phase == "repoll") > ids["poll"]


def test_without_a_status_operation_nothing_is_polled() -> None:
    text = TEXT[: TEXT.index("  status:\n")] + TEXT[TEXT.index("errors:\n") :]
    text = text.replace("[create, status]", "[create]").replace("[status]", "[create]")
    contract = toy(text)
    run = done(Vendor(), FIRST, contract=contract)

    assert run.phases("first") == ["create"]
    assert run.record.traces["first"].facts == {"gave_up": "no status operation"}
