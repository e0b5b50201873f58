"""The contract as OpenAPI 3.1: others' tools read it, and it says what the plan knows by construction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from conformance.compilers.formats import FORMATS
from conformance.compilers.jsonschema import bundle
from conformance.compilers.openapi import openapi
from conformance.contract.clauses import clauses_by_id, derive_clauses
from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract, Field, Operation, ReplyField
from conformance.contract.resolution import settle
from conformance.planning.plan import make_plan
from conformance.results.cases import Case
from tests.compilers.toys import contract, field

DIALECTS = [
    (vendor, dispute.name, alternative.name)
    for vendor in contract_names()
    for dispute in load_contract(vendor).disputes
    for alternative in dispute.alternatives
]


@cache
def exported(vendor: str) -> dict[str, Any]:
    contract = load_contract(vendor)
    return openapi(settle(contract, {}), {}, clauses=clauses_by_id(contract))


def create_schema(document: dict[str, Any]) -> dict[str, Any]:
    """The schema of a creation's body, with what it refers to."""
    create = next(
        described
        for methods in document["paths"].values()
        for described in methods.values()
        if described["operationId"] == "create"
    )
    body = create["requestBody"]["content"]["application/json"]["schema"]
    return {**body, "components": document["components"]}


@pytest.mark.parametrize("vendor", contract_names())
def test_the_document_is_valid(vendor: str) -> None:
    validate(exported(vendor))
    json.dumps(exported(vendor), allow_nan=False)


@pytest.mark.parametrize(("vendor", "dispute", "alternative"), DIALECTS, ids="-".join)
def test_the_document_is_valid_under_every_answer(
    vendor: str, dispute: str, alternative: str
) -> None:
    dialect = {dispute: alternative}
    document = openapi(settle(load_contract(vendor), dialect), dialect)
    validate(document)
    assert document["info"]["x-conformance"]["dialect"] == dialect


def creations(vendor: str) -> list[Case]:
    plan = make_plan(load_contract(vendor))
    return [
        c
        for c in plan.cases
        if c.operation == "create" and isinstance(c.send.body, dict) and c.send.raw is None
    ]


@pytest.mark.parametrize("vendor", contract_names())
def test_what_the_plan_sends_validly_is_valid(vendor: str) -> None:
    validator = Draft202012Validator(create_schema(exported(vendor)))
    accepted = [c for c in creations(vendor) if c.expect == "accepted"]
    assert accepted
    assert [c.id for c in accepted if not validator.is_valid(c.send.body)] == []


@pytest.mark.parametrize("vendor", contract_names())
def test_what_the_plan_breaks_in_the_body_is_invalid(vendor: str) -> None:
    validator = Draft202012Validator(create_schema(exported(vendor)))
    clauses = clauses_by_id(load_contract(vendor))
    broken = [
        c
        for c in creations(vendor)
        if c.breaks is not None
        and clauses[c.breaks.clause].kind in {"required", "type", "enum", "limit", "rule", "model"}
        and not clauses[c.breaks.clause].subject.startswith(("Idempotency", "X-"))
    ]
    assert broken
    assert [c.id for c in broken if validator.is_valid(c.send.body)] == []


def extensions(value: Any) -> Iterator[dict[str, Any]]:
    """Each `x-conformance` in a document."""
    if isinstance(value, dict):
        if "x-conformance" in value:
            yield value["x-conformance"]
        for inner in value.values():
            yield from extensions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from extensions(inner)


@pytest.mark.parametrize("vendor", contract_names())
def test_the_clauses_that_are_named_exist_and_rules_are_among_them(vendor: str) -> None:
    known = clauses_by_id(load_contract(vendor))
    named = {clause for each in extensions(exported(vendor)) for clause in each.get("clauses", ())}
    assert len(named) > 30
    assert sorted(named - set(known)) == []
    rules = {
        clause.id
        for clause in derive_clauses(settle(load_contract(vendor), {}))
        if clause.topic == "rule" and clause.operation == "create" and clause.thing.form != "unsaid"
    }
    assert sorted(rules - named) == []


def examples(value: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each example in a document, with the schema beside it."""
    if isinstance(value, dict):
        if isinstance(value.get("schema"), dict):
            for each in value.get("examples", {}).values():
                yield value["schema"], each["value"]
            if "example" in value:
                yield value["schema"], value["example"]
        for key, inner in value.items():
            if key != "schemas":
                yield from examples(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from examples(inner)


@pytest.mark.parametrize("vendor", contract_names())
def test_there_are_examples_and_each_is_valid(vendor: str) -> None:
    document = exported(vendor)
    shown = list(examples(document))
    for schema, value in shown:
        validator = Draft202012Validator(
            {**schema, "components": document["components"]}, format_checker=FORMATS
        )
        assert [error.message for error in validator.iter_errors(value)] == []


@pytest.mark.parametrize("vendor", contract_names())
def test_each_model_request_and_each_state_has_an_example(vendor: str) -> None:
    contract = load_contract(vendor)
    methods = [m for path in exported(vendor)["paths"].values() for m in path.values()]
    operations = {m["operationId"]: m for m in methods}
    request = operations["create"]["requestBody"]["content"]["application/json"]["examples"]
    assert {m.replace("/", "_") for m in contract.models} <= set(request)
    answer = operations["status"]["responses"]["200"]["content"]["application/json"]
    assert set(answer["examples"]) == {str(state.value) for state in contract.states}


@pytest.mark.parametrize("vendor", contract_names())
def test_exporting_leaves_the_contract_alone(vendor: str) -> None:
    contract = settle(load_contract(vendor), {})
    before = repr(contract)
    openapi(contract)
    assert repr(contract) == before


def test_the_document_is_the_same_each_time() -> None:
    first = json.dumps(openapi(settle(load_contract("toapis"), {})))
    assert json.dumps(openapi(settle(load_contract("toapis"), {}))) == first


def test_a_callback_is_described_with_the_creation() -> None:
    document = exported("apipod")
    create = document["paths"]["/v1/images/generations"]["post"]
    called = create["callbacks"]["ended"]["{$request.body#/callback_url}"]["post"]
    assert list(called["responses"]) == ["2XX"]
    assert called["security"] == []
    body = resolved(document, called["requestBody"]["content"]["application/json"]["schema"])
    assert body["properties"]["status"]["enum"] == ["completed", "failed"]


def test_every_way_to_present_the_key_stands_alone() -> None:
    document = exported("apipod")
    assert [list(each) for each in document["security"]] == [
        ["bearer"],
        ["x-api-key"],
        ["x-goog-api-key"],
        ["key"],
    ]
    assert document["components"]["securitySchemes"]["key"] == {
        "type": "apiKey",
        "in": "query",
        "name": "key",
    }


def test_what_an_error_row_says_of_its_body_is_in_the_schema() -> None:
    answer = exported("apimart")["paths"]["/v1/images/generations"]["post"]["responses"]["401"]
    error = answer["content"]["application/json"]["schema"]["properties"]["error"]
    assert error["properties"]["type"]["enum"] == ["authentication_error"]


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    name = reference.rpartition("/")[2] if reference else ""
    return document["components"]["schemas"][name] if name else schema


@pytest.mark.parametrize("vendor", contract_names())
def test_the_link_to_the_status_points_at_a_documented_place(vendor: str) -> None:
    document = exported(vendor)
    operations = {
        described["operationId"]: described
        for methods in document["paths"].values()
        for described in methods.values()
    }
    answers = operations["create"]["responses"]
    answer = next(a for a in answers.values() if "links" in a)
    link = answer["links"]["status"]
    assert link["operationId"] in operations
    (parameter, expression), *_ = link["parameters"].items()
    place, _, name = parameter.partition(".")
    assert (name, place) in {
        (p["name"], p["in"]) for p in operations[link["operationId"]]["parameters"]
    }
    schema = answer["content"]["application/json"]["schema"]
    here = resolved(document, schema.get("anyOf", [schema])[0])
    for step in expression.removeprefix("$response.body#/").split("/"):
        here = here["items"] if step == "0" else here["properties"][step]
    assert here["type"] == "string"


def toy(*fields: Field, **more: Any) -> Contract:
    return contract(*fields, **more)


def test_a_file_is_a_binary_part_of_a_form() -> None:
    upload = Operation(
        name="upload",
        method="POST",
        path="/up",
        content_type="multipart/form-data",
        fields=(field("file", {"type": "file"}, required=True),),
    )
    made = toy()
    document = openapi(
        Contract(
            vendor="toy",
            title="",
            base_url="https://toy.example",
            key_variable="X",
            operations=(*made.operations, upload),
        )
    )
    media = document["paths"]["/up"]["post"]["requestBody"]["content"]["multipart/form-data"]
    schema = resolved(document, media["schema"])
    file = schema["properties"]["file"]
    assert (file["type"], file["format"]) == ("string", "binary")
    assert schema["required"] == ["file"]


def test_reply_headers_are_described_as_headers() -> None:
    reply = (ReplyField(path="$headers.X-Trace", types=("string",), required=False),)
    document = openapi(toy(reply=reply))
    answer = document["paths"]["/x/{id}"]["get"]["responses"]["200"]
    assert answer["headers"] == {"X-Trace": {"required": False, "schema": {"type": "string"}}}


@pytest.mark.parametrize("vendor", contract_names())
def test_every_schema_of_a_bundle_is_one(vendor: str) -> None:
    document = bundle(settle(load_contract(vendor), {}))
    assert document["$defs"]
    for schema in document["$defs"].values():
        Draft202012Validator.check_schema(schema)
