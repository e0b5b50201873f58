"""Replies made from what the contract says about their fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.model import Condition, ReplyField
from conformance.simulator.replies import Builder, keep_conditions

URLS = ["https://a.example/0", "https://a.example/1"]
DONE = (Condition(field="state", one_of=("done",)),)


def built(*fields: ReplyField, **values: Any) -> Any:
    return Builder(fields).build(values)


def test_paths_become_nested_objects_and_lists() -> None:
    document = built(
        ReplyField(path="data[0].task_id", types=("string",), role="task_id"),
        ReplyField(path="data[0].kind", types=("string",), schema={"const": "image"}),
        ReplyField(path="meta.code", types=("integer",), role="status_code"),
        task_id="t",
        status_code=200,
    )
    assert document == {"data": [{"task_id": "t", "kind": "image"}], "meta": {"code": 200}}


def test_json_inside_of_a_string_is_made_up_as_json() -> None:
    content = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    document = built(ReplyField(path="sent", types=("string",), decode="json", content=content))
    assert isinstance(json.loads(document["sent"])["a"], int)


def test_each_result_has_its_place_in_a_list() -> None:
    document = built(
        ReplyField(path="data[].url", types=("string",), role="results"),
        ReplyField(path="data[].type", types=("string",), schema={"const": "png"}),
        results=URLS,
    )
    assert document["data"] == [{"url": URLS[0], "type": "png"}, {"url": URLS[1], "type": "png"}]


def test_urls_can_stand_in_lists_inside_a_list() -> None:
    field = ReplyField(path="images[].url", types=("array",), role="results")
    assert built(field, results=URLS) == {"images": [{"url": [URLS[0]]}, {"url": [URLS[1]]}]}


def test_json_inside_a_string_holds_the_urls_that_its_schema_asks_for() -> None:
    field = ReplyField(
        path="resultJson",
        types=("string",),
        role="results",
        decode="json",
        content={"type": "object", "required": ["resultUrls"]},
    )
    assert json.loads(built(field, results=URLS)["resultJson"]) == {"resultUrls": URLS}


def test_what_is_promised_in_one_state_is_there_in_that_state() -> None:
    fields = (
        ReplyField(path="end", types=("integer",), when=DONE, role="completed", unit="s"),
        ReplyField(path="state", types=("string",), role="state"),
    )
    assert built(*fields, state="done", completed=5.0) == {"state": "done", "end": 5}
    assert built(*fields, state="queued") == {"state": "queued"}


def test_a_required_field_that_nobody_knows_is_made_up() -> None:
    assert built(ReplyField(path="trace", types=("string",))) == {"trace": "text"}


def test_an_optional_field_does_not_bring_its_parent_to_life() -> None:
    fields = (
        ReplyField(path="error", types=("object", "null"), role="failure"),
        ReplyField(path="error.code", types=("string",), required=False, role="failure_code"),
    )
    assert built(*fields, failure_code="E") == {"error": None}
    assert built(*fields, failure=("E", "m"), failure_code="F")["error"]["code"] == "F"


def test_null_where_nothing_is_described_does_not_make_the_condition_hold() -> None:
    there = (Condition(field="usage", present=True),)
    fields = (
        ReplyField(path="state", types=("string",), role="state"),
        ReplyField(path="usage", types=("object",), required=False, when=DONE),
        ReplyField(path="usage.cost", types=("number",), when=(*DONE, *there), role="cost"),
    )
    builder = Builder(fields, {"usage": "absent", "usage.cost": "null"})
    assert builder.build({"state": "done", "cost": 1}) == {"state": "done"}


def test_results_are_never_made_up() -> None:
    field = ReplyField(path="urls", types=("array",), role="results", schema={"minItems": 1})
    assert built(field) == {"urls": []}


def test_what_was_asked_for_is_copied_not_shared() -> None:
    body = {"prompt": "x"}
    document = built(
        ReplyField(path="request", types=("object",), role="request_echo"), request_echo=body
    )
    assert document["request"] == body
    assert document["request"] is not body


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (Condition(field="a.b", one_of=(1, 2)), {"a": {"b": 1}}),
        (Condition(field="code", minimum=300), {"code": 300}),
        (Condition(field="error", present=True), {"error": "error"}),
        (Condition(field="error", present=False), {}),
    ],
)
def test_a_document_is_made_to_meet_a_condition(condition: Condition, wanted: Any) -> None:
    document: dict[str, Any] = {}
    keep_conditions(document, [condition])
    assert document == wanted
