"""The faithful simulator, conversation by conversation."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.compilers.validating import reply_violations
from conformance.contract.loading import load_text
from conformance.contract.resolution import settle
from tests.simulator.world import ORIGIN, TOY, UNREACHABLE, VALID, World, document


def without_cause(cause: str) -> Any:
    """The toy contract with no row for a cause."""
    rows = tuple(
        replace(row, causes=tuple(c for c in row.causes if c != cause)) for row in TOY.errors
    )
    return replace(TOY, errors=rows)


class TestCreation:
    def test_a_valid_request_is_answered_with_a_task_and_its_charge(self) -> None:
        world = World()
        reply = world.post({**VALID, "n": 3})
        assert reply.status == 202
        body = document(reply)
        assert body["id"] in world.sim.tasks
        assert (body["state"], body["cost"]) == ("queued", 0.3)
        assert (world.sim.charged, world.sim.creations) == (0.3, 1)

    @pytest.mark.parametrize(
        "body",
        [
            {**VALID, "unheard_of": 1},
            {**VALID, "legacy": 7},
            {**VALID, "extra": {"anything": ["goes"]}},
            {**VALID, "image_urls": ["https://images.example/a.png"]},
            {"model": "large", "prompt": "x" * 80},
            {**VALID, "ratio": "auto"},
            {**VALID, "ratio": "auto", "tier": "1k"},
            {**VALID, "options": {"strength": 0.5}},
        ],
        ids=[
            "unknown",
            "ignored",
            "passthrough",
            "alias",
            "model-limit",
            "rule-default",
            "rule",
            "nested",
        ],
    )
    def test_what_no_document_forbids_is_accepted(self, body: Any) -> None:
        assert World().post(body).status == 202

    def test_a_refused_request_makes_no_task_and_costs_nothing(self) -> None:
        world = World()
        world.post({"model": "small"})
        assert (dict(world.sim.tasks), world.sim.charged, world.sim.creations) == ({}, 0.0, 0)

    def test_any_documented_way_to_present_the_key_will_do(self) -> None:
        world = World()
        assert world.post(key=None, query=(("api_key", "test-key"),)).status == 202
        assert world.post(key="other").status == 401
        assert world.post(key=None).status == 401

    def test_ids_and_times_are_the_same_in_every_run(self) -> None:
        assert World().post().body == World().post().body

    def test_the_path_of_the_base_url_may_stand_before_the_path(self) -> None:
        assert World().ask("POST", "/api/v1/tasks", VALID).status == 202

    def test_a_wrong_method_and_an_unknown_path_are_not_answered_as_operations(self) -> None:
        world = World()
        assert world.ask("DELETE", "/v1/tasks").status == 405
        assert world.ask("GET", "/v2/tasks").status == 404


REFUSED = {
    "bad-parameter": ({**VALID, "n": 9}, {400, 422}),
    "rule": ({**VALID, "ratio": "auto", "tier": "2k"}, {400, 422}),
    "exclusive": ({**VALID, "seed": 1, "style": "ink"}, {400, 422}),
    "bad-model": ({**VALID, "model": "huge"}, {400, 422}),
    "bad-reference": ({**VALID, "images": ["ftp://images.example/a.png"]}, {400}),
    "alias": ({**VALID, "image_urls": "https://images.example/a"}, {400, 422}),
    "bad-json": (b'{"model": ', {400}),
    "array": ([], {400, 422}),
}


class TestRefusals:
    @pytest.mark.parametrize("name", REFUSED)
    def test_each_cause_is_answered_with_a_documented_status(self, name: str) -> None:
        body, statuses = REFUSED[name]
        reply = World().post(body)
        assert reply.status in statuses
        told = document(reply)
        assert told["ok"] is False
        assert told["error"]["code"] == reply.status

    def test_of_a_key_that_stands_twice_the_last_counts(self) -> None:
        twice = b'{"model":"small","prompt":"x","n":9,"n":1}'
        assert World().post(twice).status == 202
        assert World().post(twice.replace(b'"n":9,"n":1', b'"n":1,"n":9')).status in {400, 422}

    def test_the_body_is_that_of_the_row(self) -> None:
        told = document(World().post({**VALID, "images": ["ftp://images.example/a"]}))
        assert told["error"]["type"] == "bad_image"

    def test_a_constant_message_of_a_row_stands(self) -> None:
        assert document(World().post(key=None))["error"]["message"] == "Who are you?"

    def test_an_unknown_task_has_the_envelope_of_its_row(self) -> None:
        reply = World().ask("GET", "/v1/tasks/nope")
        assert reply.status == 404
        assert set(document(reply)) == {"detail"}

    def test_the_key_is_looked_at_before_the_task(self) -> None:
        assert World().ask("GET", "/v1/tasks/nope", key="wrong").status == 401

    def test_the_key_is_looked_at_before_the_body(self) -> None:
        assert World().post({}, key=None).status == 401

    def test_another_content_type_is_refused(self) -> None:
        assert World().post(headers={"Content-Type": "text/plain"}).status == 400
        assert (
            World().post(headers={"Content-Type": "application/json; charset=utf-8"}).status == 202
        )

    def test_a_missing_query_parameter_has_its_own_cause(self) -> None:
        contract = load_text(QUERY_TOY)
        world = World(contract)
        assert world.ask("GET", "/task", key=None).status == 411
        assert world.ask("GET", "/task", key=None, query=(("id", "x"),)).status == 404

    def test_default_choices_show_every_documented_status(self) -> None:
        world = World()
        bodies = [
            {**VALID, "n": 9},
            {**VALID, "tier": "8k"},
            {**VALID, "prompt": ""},
            {"model": "small"},
            {**VALID, "seed": "x"},
            {**VALID, "ratio": "auto", "tier": "2k"},
        ]
        assert {world.post(body).status for body in bodies} == {400, 422}

    def test_the_same_mistake_gets_the_same_status(self) -> None:
        world = World()
        statuses = {world.post({**VALID, "n": n}).status for n in (5, 6, 7)}
        assert len(statuses) == 1

    def test_a_cause_without_a_row_is_answered_as_the_wider_one(self) -> None:
        reply = World(without_cause("bad-reference")).post({**VALID, "images": ["no"]})
        assert document(reply)["error"]["type"] in ("bad_request", "unprocessable")

    def test_a_cause_without_any_row_gets_the_usual_status(self) -> None:
        assert World(without_cause("unknown-task")).ask("GET", "/v1/tasks/x").status == 404


class TestLifecycle:
    def test_a_task_goes_through_the_running_states_in_their_order(self) -> None:
        world = World()
        task_id = world.make()
        seen = [world.task(task_id, after_s=2.5)["state"] for _ in range(5)]
        assert list(dict.fromkeys(seen)) == ["queued", "drawing", "done"]
        assert seen[-1] == "done"

    def test_progress_only_grows(self) -> None:
        world = World()
        task_id = world.make()
        seen = [world.task(task_id, after_s=1)["progress"] for _ in range(10)]
        assert seen == sorted(seen)
        assert seen[-1] == 100

    def test_an_ended_task_stays_as_it_is(self) -> None:
        world = World()
        task_id = world.make()
        first = world.task(task_id, after_s=20)
        assert world.task(task_id, after_s=5000) == first

    def test_what_is_not_known_yet_is_null_where_it_may_be(self) -> None:
        world = World()
        running = world.task(world.make())
        assert (running["finished"], running["took"], running["error"]) == (None, None, None)
        assert "result" not in running

    def test_times_are_in_their_units_and_in_order(self) -> None:
        world = World()
        created = world.clock.now()
        done = world.task(world.make(), after_s=20)
        assert done["created"] == int(created)
        assert done["finished"] == int(created * 1000) + done["took"]
        assert done["updated"].endswith("Z")
        assert done["updated"] > "2026-11-18T"

    def test_the_request_is_repeated_as_it_was_sent(self) -> None:
        world = World()
        done = world.task(world.make(unheard_of=[1]), after_s=20)
        assert json.loads(done["request"]) == {**VALID, "unheard_of": [1]}

    def test_a_field_is_echoed_with_its_default(self) -> None:
        world = World()
        assert world.task(world.make())["ratio"] == "1:1"
        assert world.task(world.make(ratio="2:3"))["ratio"] == "2:3"

    def test_every_reply_is_valid_in_every_phase(self) -> None:
        settled = settle(TOY, {})
        for images in ([], [UNREACHABLE]):
            world = World()
            reply = world.post({**VALID, "images": images})
            assert reply_violations(settled, "create", document(reply)) == ()
            for _ in range(6):
                world.clock.advance(2)
                told = world.ask("GET", f"/v1/tasks/{document(reply)['id']}")
                assert reply_violations(settled, "status", document(told)) == ()

    @pytest.mark.parametrize("field", ["images", "image_urls"])
    def test_an_image_that_cannot_be_fetched_fails_the_task(self, field: str) -> None:
        world = World()
        failed = world.task(world.make(**{field: [UNREACHABLE]}), after_s=20)
        assert failed["state"] == "broken"
        assert failed["error"]["code"] == "IMAGE_UNREACHABLE"
        assert failed["error"]["message"]
        assert "result" not in failed

    def test_a_failed_task_is_refunded_where_documents_say_so(self) -> None:
        world = World()
        failed = world.task(world.make(images=[UNREACHABLE]), after_s=20)
        assert failed["refunded"] is True
        assert (world.sim.charged, world.sim.refunded) == (0.1, 0.1)

    def test_nothing_is_refunded_where_no_document_says_so(self) -> None:
        charging = replace(TOY.charging, refund_says="", refund_sources=(), refund_shown_at=())
        world = World(replace(TOY, charging=charging))
        world.task(world.make(images=[UNREACHABLE]), after_s=20)
        assert world.sim.refunded == 0

    def test_without_a_status_operation_the_first_answer_is_the_last(self) -> None:
        reply = World(load_text(SYNCHRONOUS_TOY)).ask("POST", "/draw", {"prompt": "x"}, key=None)
        assert reply.status == 200
        urls = document(reply)["data"]
        assert [url["url"].startswith(ORIGIN) for url in urls] == [True, True]


class TestIdempotency:
    def test_the_same_key_and_body_give_the_same_task_at_no_charge(self) -> None:
        world = World()
        first = world.post(headers={"X-Key": "k"})
        again = world.post(headers={"x-key": "k"})
        assert document(again)["id"] == document(first)["id"]
        assert (world.sim.creations, world.sim.charged) == (1, 0.1)

    def test_only_the_replayed_answer_is_marked(self) -> None:
        world = World()
        first, again = (world.post(headers={"X-Key": "k"}) for _ in range(2))
        assert ("X-Replayed", "true") not in first.headers
        assert ("X-Replayed", "true") in again.headers

    def test_another_body_is_answered_as_documented(self) -> None:
        world = World()
        world.post(headers={"X-Key": "k"})
        reply = world.post({**VALID, "seed": 1}, headers={"X-Key": "k"})
        assert reply.status == 409
        assert document(reply)["error"]["type"] == "conflict"

    @pytest.mark.parametrize(("choice", "creations"), [("same-task", 1), ("new-task", 2)])
    def test_another_body_is_a_choice_where_no_document_says(
        self, choice: str, creations: int
    ) -> None:
        assert TOY.idempotency is not None
        contract = replace(TOY, idempotency=replace(TOY.idempotency, other_body=""))
        world = World(contract, choices={"idempotency:other-body": choice})
        world.post(headers={"X-Key": "k"})
        assert world.post({**VALID, "seed": 1}, headers={"X-Key": "k"}).status == 202
        assert world.sim.creations == creations

    def test_a_key_is_forgotten_after_its_lifetime(self) -> None:
        world = World()
        world.post(headers={"X-Key": "k"})
        world.clock.advance(3601)
        world.post(headers={"X-Key": "k"})
        assert world.sim.creations == 2

    def test_a_key_that_is_too_long_is_refused(self) -> None:
        assert World().post(headers={"X-Key": "k" * 41}).status in (400, 422)
        assert World().post(headers={"X-Key": "k" * 40}).status == 202


class TestChoices:
    def test_a_dispute_is_settled_as_asked(self) -> None:
        old = document(World().post())
        new = document(World(choices={"id-name": "new"}).post())
        assert old["uid"] == old["id"]
        assert "gid" not in old
        assert new["gid"] == new["id"]
        assert "uid" not in new

    @pytest.mark.parametrize("status", ["400", "422"])
    def test_a_status_is_given_throughout_when_asked(self, status: str) -> None:
        world = World(choices={"status:create:bad-parameter": status})
        bodies = [
            {**VALID, "n": 9},
            {**VALID, "prompt": ""},
            {"model": "small"},
            {**VALID, "tier": "8k"},
        ]
        assert {world.post(body).status for body in bodies} == {int(status)}

    def test_an_error_can_come_inside_a_success(self) -> None:
        choices = {"status:create:bad-parameter": "422", "carried:create:422": "envelope"}
        reply = World(choices=choices).post({**VALID, "n": 9})
        assert reply.status == 202
        assert document(reply)["error"]["code"] == 422

    def test_each_documented_amount_can_be_charged(self) -> None:
        assert document(World().post({**VALID, "tier": "2k"}))["cost"] == 0.2
        world = World(choices={"charge:2k": "0.25"})
        assert document(world.post({**VALID, "tier": "2k", "n": 2}))["cost"] == 0.5

    @pytest.mark.parametrize(
        ("choice", "given"),
        [("null", None), ("value", "text"), ("empty", ""), ("absent", "nothing there")],
    )
    def test_an_optional_field_is_given_null_empty_or_left_out(
        self, choice: str, given: Any
    ) -> None:
        world = World(choices={"field:status:task.note": choice})
        assert world.task(world.make()).get("note", "nothing there") == given

    def test_a_nullable_field_may_be_null_only_while_nothing_promises_it(self) -> None:
        world = World(choices={"field:status:task.finished": "null"})
        assert isinstance(world.task(world.make(), after_s=20)["finished"], int)

    @pytest.mark.parametrize(("pace", "state"), [("straight", "done"), ("slow", "queued")])
    def test_how_fast_tasks_are_is_a_choice(self, pace: str, state: str) -> None:
        world = World(choices={"pace": pace})
        assert world.task(world.make(), after_s=4)["state"] == state

    def test_the_status_of_a_success_is_a_choice(self) -> None:
        assert World(choices={"success:create": "200"}).post().status == 200

    def test_optional_error_fields_are_a_choice_too(self) -> None:
        world = World(choices={"field:error:plain:error.hint": "absent"})
        assert "hint" not in document(world.post({}))["error"]
        assert document(World().post({}))["error"]["hint"] is None


QUERY_TOY = """
format: conformance/contract@1
vendor: query-toy
title: Query
base_url: https://toy.example
key_variable: TOY_API_KEY
documents: {page: {title: Toy, url: https://toy.example, seen: 2026-11-20}}
operations:
  create: {http: POST /task, source: page#x, reply: {id: {type: string, role: task_id, source: page#x}}}
  status:
    http: GET /task
    source: page#x
    query: {id: {type: string, required: true, role: task_id, source: page#x}}
    reply: {id: {type: string, role: task_id, source: page#x}}
errors:
  table:
    411 missing: {means: missing, causes: [missing-parameter], operations: [status], source: page#x}
    404 unknown: {means: unknown, causes: [unknown-task], operations: [status], source: page#x}
"""

SYNCHRONOUS_TOY = """
format: conformance/contract@1
vendor: prompt-toy
title: Synchronous
base_url: https://toy.example
key_variable: TOY_API_KEY
documents: {page: {title: Toy, url: https://toy.example, seen: 2026-11-20}}
operations:
  create:
    http: POST /draw
    source: page#x
    body:
      prompt: {type: string, required: true, role: prompt, source: page#x}
      n: {type: integer, default: 2, role: count, source: page#x}
    reply:
      data: {type: array, role: results, schema: {items: {type: object, properties: {url: {type: string, format: uri}}}}, source: page#x}
"""
