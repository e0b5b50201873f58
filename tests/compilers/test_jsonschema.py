"""The contract as JSON Schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.compilers.jsonschema import parameter_schema, reply_schema, request_schema
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract, Operation, ReplyField, Rule
from conformance.contract.resolution import settle
from tests.compilers.toys import condition, contract, field


def request(made: Contract, model: str = "") -> dict[str, Any]:
    create = made.operation("create")
    assert create is not None
    return request_schema(made, create, model)


def test_dotted_paths_are_nested_objects() -> None:
    made = contract(
        field("input", {"type": "object"}, required=True),
        field("input.prompt", {"type": "string", "maxLength": 5}, required=True),
        field("input.style"),
    )
    assert request(made) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["input"],
        "properties": {
            "input": {
                "type": "object",
                "required": ["prompt"],
                "properties": {
                    "prompt": {"type": "string", "maxLength": 5},
                    "style": {"type": "string"},
                },
            }
        },
    }


def test_an_object_that_only_its_fields_name_is_required_with_them() -> None:
    made = contract(field("a.b.c", required=True))
    assert request(made)["required"] == ["a"]
    assert request(made)["properties"]["a"]["required"] == ["b"]


def test_a_field_of_the_elements_of_a_list_is_under_items() -> None:
    schema = request(contract(field("images[].url", required=True)))
    images = schema["properties"]["images"]
    assert images["items"]["properties"]["url"] == {"type": "string"}
    assert images["items"]["required"] == ["url"]


@pytest.mark.parametrize("word", ["ignored", "passthrough"])
def test_nothing_is_said_of_what_is_not_looked_at(word: str) -> None:
    made = contract(field("x", {"type": "object"}, **{word: True}))
    assert request(made)["properties"]["x"] == {}


def test_an_enum_that_lists_only_some_values_does_not_bind() -> None:
    made = contract(field("x", {"type": "string", "enum": ["a"]}, exhaustive=False))
    assert request(made)["properties"]["x"] == {"type": "string"}


def test_a_model_narrows_the_common_description() -> None:
    made = contract(
        field("model", {"type": "string", "enum": ["s", "l"]}, role="model", required=True),
        field("prompt", {"type": "string", "maxLength": 10}),
        field("prompt", {"maxLength": 5}, model="s"),
        field("mask", models=("l",)),
    )
    small, large = request(made, "s"), request(made, "l")
    assert small["properties"]["prompt"] == {"type": "string", "maxLength": 5}
    assert large["properties"]["prompt"] == {"type": "string", "maxLength": 10}
    assert small["properties"]["model"]["enum"] == ["s"]
    assert "mask" not in small["properties"]
    assert "mask" in large["properties"]


def test_a_default_is_told() -> None:
    assert request(contract(field("x", default="a")))["properties"]["x"]["default"] == "a"


def test_an_alias_without_a_description_is_described_as_its_primary() -> None:
    urls = {"type": "array", "maxItems": 2}
    made = contract(field("urls", urls), field("links", {}, alias_of="urls"))
    assert request(made)["properties"]["links"] == urls


def test_rules_are_named() -> None:
    rule = Rule(name="a-then-b", when=(condition("a", "x"),), then=(condition("b", "y"),))
    made = contract(field("a"), field("b"), rules=(rule,))
    assert [each["$comment"] for each in request(made)["allOf"]] == ["a-then-b"]


def test_parameters_have_schemas_of_their_own() -> None:
    status = Operation(
        name="status",
        method="GET",
        path="/x",
        fields=(field("id", location="query", required=True), field("X-Key", location="header")),
    )
    query = parameter_schema(status, "", "query")
    assert query is not None
    assert (query["required"], set(query["properties"])) == (["id"], {"id"})
    assert parameter_schema(status, "", "path") is None


def test_an_operation_of_another_contract_is_refused() -> None:
    made, other = contract(field("a")), contract(field("b"))
    with pytest.raises(ValueError, match="no operation 'create'"):
        request_schema(made, other.operations[0], "")
    with pytest.raises(ValueError, match="no operation 'balance'"):
        reply_schema(made, "balance")


DONE = (condition("state", "done"),)
REPLY = (
    ReplyField(path="state", types=("string",), role="state"),
    ReplyField(path="url", types=("string", "null")),
    ReplyField(path="url", types=("string",), when=DONE),
    ReplyField(path="result.images[].url", types=("string",), when=DONE, schema={"format": "uri"}),
    ReplyField(path="more.note", types=("string",), required=False),
    ReplyField(path="kind", types=("string", "null"), schema={"const": "image"}),
)
FULL = {
    "state": "done",
    "url": "x",
    "result": {"images": [{"url": "https://a.example"}]},
    "kind": None,
}


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({}, True),
        ({"extra": 1}, True),
        ({"url": None}, False),
        ({"result": {"images": []}}, False),
        ({"result": {"images": [{}]}}, False),
        ({"result": None}, False),
        ({"kind": "video"}, False),
        ({"more": None}, True),
        ({"more": {"note": 1}}, False),
        ({"state": "queued", "url": None, "result": None}, True),
        ({"state": "napping"}, False),
    ],
)
def test_a_reply_keeps_what_is_promised_in_its_state(change: dict[str, Any], valid: bool) -> None:
    schema = reply_schema(contract(reply=REPLY), "status")
    assert Draft202012Validator(schema).is_valid({**FULL, **change}) is valid


def test_a_reply_of_one_phase_has_a_state_of_that_phase() -> None:
    schema = reply_schema(contract(reply=REPLY), "status", "succeeded")
    assert schema["properties"]["state"]["enum"] == ["done"]


def test_an_index_in_a_path_is_a_place_in_a_list() -> None:
    schema = reply_schema(
        contract(reply=(ReplyField(path="data[0].id", types=("string",)),)), "status"
    )
    check = Draft202012Validator(schema).is_valid
    assert check({"data": [{"id": "t"}, {}]})
    assert not check({"data": []})
    assert not check({"data": [{}]})


@pytest.mark.parametrize("vendor", ["aigptimage", "gptimage2api"])
def test_what_is_compiled_from_a_vendor_is_json_schema(vendor: str) -> None:
    settled = settle(load_contract(vendor), {})
    schemas = [reply_schema(settled, operation.name) for operation in settled.operations]
    schemas += [
        request_schema(settled, operation, model)
        for operation in settled.operations
        for model in ("", *settled.models)
    ]
    for schema in schemas:
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema)) == schema
