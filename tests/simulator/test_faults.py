"""Trouble that breaks no clause."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.simulator.faults import FAULTS, fault
from conformance.simulator.hooks import SimReply
from tests.simulator.world import VALID, World, document


def statuses(world: World, requests: int, body: Any = None) -> list[int]:
    return [world.post(body).status for _ in range(requests)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("throttle", [202, 202, 429, 202, 202, 429]),
        ("throttle=2", [202, 429, 202, 429, 202, 429]),
        ("server-error-once", [202, 202, 202, 500, 202, 202]),
        ("unavailable", [202, 202, 202, 500, 202, 202]),  # no row for 503: the wider 500
        ("empty-account", [402] * 6),
        ("empty-account=2", [202, 202, 402, 402, 402, 402]),
        ("active-limit=2", [202, 202, 409, 409, 409, 409]),
        ("forbidden", [403] * 6),
    ],
)
def test_creations_meet_trouble_and_nothing_is_charged_for_it(
    name: str, expected: list[int]
) -> None:
    world = World(faults=[name])
    assert statuses(world, 6) == expected
    assert world.sim.creations == expected.count(202)


@pytest.mark.parametrize("name", ["server-error-once", "unavailable"])
def test_trouble_that_passes_never_meets_the_same_request_twice(name: str) -> None:
    assert statuses(World(faults=[f"{name}=1"]), 3) == [500, 202, 202]


def test_a_throttled_request_is_told_when_to_come_back() -> None:
    reply = World(faults=["throttle=1"]).post()
    assert ("retry-after", "1") in reply.headers
    assert document(reply)["error"]["type"] == "slow_down"


def test_the_limit_of_active_tasks_ends_with_the_tasks() -> None:
    world = World(faults=["active-limit"])
    assert statuses(world, 2) == [202, 409]
    world.clock.advance(100)
    assert statuses(world, 2) == [202, 409]


def test_polls_fail_now_and_then() -> None:
    world = World(faults=["poll-error"])
    path = f"/v1/tasks/{world.make()}"
    assert [world.ask("GET", path).status for _ in range(6)] == [200, 200, 500, 200, 200, 500]


def test_only_the_prompts_that_nobody_should_send_are_moderated() -> None:
    world = World(faults=["moderation"])
    assert statuses(world, 1) == [202]
    reply = world.post({**VALID, "prompt": "a forbidden thing"})
    assert document(reply)["error"]["type"] == "moderated"


def test_an_empty_account_is_told_what_the_creation_would_cost() -> None:
    reply = World(faults=["empty-account"]).post({**VALID, "tier": "4k", "n": 2})
    assert document(reply)["error"]["required"] == 0.8


def test_extra_fields_are_in_every_object_and_change_no_other() -> None:
    world, plain = World(faults=["extra-fields"]), World()
    odd, usual = world.task(world.make()), plain.task(plain.make())
    assert odd.pop("x_trace") == {"node": 7}
    assert odd == usual


def test_extra_headers_leave_the_body_alone() -> None:
    odd, usual = World(faults=["extra-headers"]).post(), World().post()
    assert len(odd.headers) > len(usual.headers)
    assert odd.body == usual.body


def test_another_language_leaves_documented_messages_alone() -> None:
    world = World(faults=["other-language"])
    assert not document(world.post({}))["error"]["message"].isascii()
    assert document(world.post(key=None))["error"]["message"] == "Who are you?"


def test_slow_replies_say_how_long_they_take() -> None:
    assert World(faults=["slow=3"]).post().delay_s == 3


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_says_what_it_does_and_answers_json(name: str) -> None:
    assert FAULTS[name].says
    reply = World(faults=[name]).post()
    if name == "gateway-timeout":
        assert reply.body.startswith(b"<html>")
    else:
        json.loads(reply.body)


def polled(name: str, times: int, *, after_s: float = 0.0) -> list[SimReply]:
    world = World(faults=[name])
    path = f"/v1/tasks/{world.make()}"
    world.clock.advance(after_s)
    return [world.ask("GET", path) for _ in range(times)]


@pytest.mark.parametrize(
    ("name", "creations", "queries"),
    [
        ("rate-limited", [429, 429, 202], None),
        ("rate-limited=1", [429, 202, 202], None),
        ("retry-after", [429, 202, 202], None),
        ("refused", [422, 422, 422], None),
        ("unauthorized", [401, 401, 401], None),
        ("bad-gateway", [202, 202, 202], [500, 500, 200]),  # no row for 502: the wider 500
        ("bad-gateway=1", [202, 202, 202], [500, 200, 200]),
        ("html", [202, 202, 202], [200, 200, 200]),
        ("gateway-timeout", [504, 202, 202], None),
    ],
)
def test_scripted_trouble_is_met_first_and_then_passes(
    name: str, creations: list[int], queries: list[int] | None
) -> None:
    assert statuses(World(faults=[name]), 3) == creations
    if queries is not None:
        assert [reply.status for reply in polled(name, 3)] == queries


def test_the_first_query_is_told_when_to_come_back_as_well() -> None:
    world = World(faults=["retry-after=3"])
    assert ("retry-after", "3") in world.post().headers
    path = f"/v1/tasks/{world.make()}"
    assert ("retry-after", "3") in world.ask("GET", path).headers
    assert world.ask("GET", path).status == 200


@pytest.mark.parametrize("name", ["reset-after-create", "gateway-timeout"])
def test_a_creation_is_done_though_its_reply_is_lost(name: str) -> None:
    world = World(faults=[name])
    reply = world.post()
    assert world.sim.creations == 1
    assert reply.lost == (name == "reset-after-create")
    assert not world.post().lost


def test_a_refused_creation_is_no_creation_that_could_be_lost() -> None:
    world = World(faults=["reset-after-create"])
    assert not world.post({}).lost
    assert world.post().lost


def test_a_page_of_html_comes_once() -> None:
    first, second = polled("html", 2)
    assert ("content-type", "text/html") in first.headers
    assert b"<html>" in first.body
    assert document(second)["task"]


def test_a_running_task_is_in_a_state_that_nobody_knows() -> None:
    states = [document(reply)["task"]["state"] for reply in polled("unknown-state", 3)]
    assert states[:2] == ["in_review", "in_review"]
    assert states[2] != "in_review"


def test_a_task_that_has_ended_is_in_a_state_that_everybody_knows() -> None:
    assert document(polled("unknown-state", 1, after_s=100)[0])["task"]["state"] == "done"


def test_every_task_fails() -> None:
    assert document(polled("failed-task", 1, after_s=100)[0])["task"]["state"] == "broken"


def test_results_are_gone() -> None:
    world = World(faults=["expired-result"])
    assert {reply.status for reply in world.pictures()} == {404}


@pytest.mark.parametrize(
    ("text", "message"),
    [("throtle", "did you mean 'throttle'"), ("throttle=often", "the number 'often'")],
)
def test_an_unknown_fault_is_refused_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fault(text)
